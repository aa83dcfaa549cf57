// jindu-admin: catalogue and forms, for scripts and for people at a terminal.
#include <CLI/CLI.hpp>

#include "common/tools/admin/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Administration of Jindu"};
  app.require_subcommand(1);
  std::string folder, certificates, output, file, p12, passphrase, schema, data;
  std::uint64_t serial = 1;
  bool as_json = false;

  auto* catalogue = app.add_subcommand("catalogue", "The catalogue of service items");
  catalogue->require_subcommand(1);
  auto* build = catalogue->add_subcommand("build", "Put a catalogue together and check it");
  build->add_option("folder", folder, "With departments.json, items/ and calendar/")->required();
  build->add_option("--certificates", certificates, "Folder of department-<id>.pem")->required();
  build->add_option("--serial", serial, "Number of the release; must grow")->check(CLI::PositiveNumber);
  build->add_option("-o,--output", output, "File to write")->required();
  auto* check = catalogue->add_subcommand("check", "Say whether a catalogue is good, and if not where");
  check->add_option("file", file)->required();
  auto* sign = catalogue->add_subcommand("sign", "Sign a catalogue as its editor (CMS, detached)");
  sign->add_option("file", file)->required();
  sign->add_option("--p12", p12, "The editor's PKCS#12")->required();
  sign->add_option("--passphrase-file", passphrase)->required();
  sign->add_option("-o,--output", output)->required();

  auto* form = app.add_subcommand("form", "Forms");
  form->require_subcommand(1);
  auto* check_form = form->add_subcommand("check", "Print the findings that portal and workbench would show");
  check_form->add_option("schema", schema, "A JSON Schema or a service item")->required();
  check_form->add_option("data", data, "The form's data")->required();
  check_form->add_flag("--json", as_json, "As a JSON list");

  CLI11_PARSE(app, argc, argv);
  if (*build) return jindu::admin::build_catalogue(folder, certificates, serial, output);
  if (*check) return jindu::admin::check_catalogue(file);
  if (*sign) return jindu::admin::sign_file(file, p12, passphrase, output);
  return jindu::admin::check_form(schema, data, as_json);
}
