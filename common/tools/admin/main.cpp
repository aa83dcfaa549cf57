// jindu-admin: catalogue and forms, for scripts and for people at a terminal.

#include "common/runtime/command_line.hpp"
#include "common/tools/admin/commands.hpp"

int main(int argc, char** argv) {
  jindu::CommandLine app("Administration of Jindu");
  app.needs_command();
  std::string folder, certificates, output, file, p12, passphrase, schema, data;
  std::uint64_t serial = 1;
  bool as_json = false;

  auto catalogue = app.command("catalogue", "The catalogue of service items");
  catalogue.needs_command();
  auto build = catalogue.command("build", "Put a catalogue together and check it");
  build.option("folder", folder, "With departments.json, items/ and calendar/").required();
  build.option("--certificates", certificates, "Folder of department-<id>.pem").required();
  build.option("--serial", serial, "Number of the release; must grow")
      .between(1, std::numeric_limits<std::int64_t>::max());
  build.option("-o,--output", output, "File to write").required();
  auto check = catalogue.command("check", "Say whether a catalogue is good, and if not where");
  check.option("file", file).required();
  auto sign = catalogue.command("sign", "Sign a catalogue as its editor (CMS, detached)");
  sign.option("file", file).required();
  sign.option("--p12", p12, "The editor's PKCS#12").required();
  sign.option("--passphrase-file", passphrase).required();
  sign.option("-o,--output", output).required();

  auto form = app.command("form", "Forms");
  form.needs_command();
  auto check_form = form.command("check", "Print the findings that portal and workbench would show");
  check_form.option("schema", schema, "A JSON Schema or a service item").required();
  check_form.option("data", data, "The form's data").required();
  check_form.flag("--json", as_json, "As a JSON list");

  if (const auto ended = app.read(argc, argv)) return *ended;
  if (build.chosen()) return jindu::admin::build_catalogue(folder, certificates, serial, output);
  if (check.chosen()) return jindu::admin::check_catalogue(file);
  if (sign.chosen()) return jindu::admin::sign_file(file, p12, passphrase, output);
  return jindu::admin::check_form(schema, data, as_json);
}
