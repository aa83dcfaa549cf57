// jindu-admin: catalogue and forms, for scripts and for people at a terminal.

#include "common/runtime/command_line.hpp"
#include "common/tools/admin/commands.hpp"
#include "common/tools/admin/words.hpp"

using namespace jindu;

int main(int argc, char** argv) {
  const auto language = language_of(argc, argv);
  const auto help = [&](const std::string& name) { return admin::all_words().say("help." + name, language); };
  CommandLine app(admin::all_words().say("help", language), language);
  app.needs_command();
  app.language_option();
  std::string folder, certificates, output, file, p12, passphrase, schema, data;
  std::uint64_t serial = 1;
  bool as_json = false;
  const auto command = [&](Command above, const char* name, const char* what) {
    auto added = above.command(name, help(what));
    added.language_option();
    return added;
  };

  auto catalogue = command(app, "catalogue", "catalogue");
  catalogue.needs_command();
  auto build = command(catalogue, "build", "catalogue.build");
  build.option("folder", folder, help("catalogue.build.folder")).required();
  build.option("--certificates", certificates, help("catalogue.build.certificates")).required();
  build.option("--serial", serial, help("catalogue.build.serial")).between(1, std::numeric_limits<std::int64_t>::max());
  build.option("-o,--output", output, help("output")).required();
  auto check = command(catalogue, "check", "catalogue.check");
  check.option("file", file, help("catalogue.file")).required();
  auto sign = command(catalogue, "sign", "catalogue.sign");
  sign.option("file", file, help("catalogue.file")).required();
  sign.option("--p12", p12, help("catalogue.sign.p12")).required();
  sign.option("--passphrase-file", passphrase, help("catalogue.sign.passphrase_file")).required();
  sign.option("-o,--output", output, help("output")).required();

  auto form = command(app, "form", "form");
  form.needs_command();
  auto check_form = command(form, "check", "form.check");
  check_form.option("schema", schema, help("form.check.schema")).required();
  check_form.option("data", data, help("form.check.data")).required();
  check_form.flag("--json", as_json, help("form.check.json"));

  if (const auto ended = app.read(argc, argv)) return *ended;
  const admin::Commands commands(language);
  if (build.chosen()) return commands.build_catalogue(folder, certificates, serial, output);
  if (check.chosen()) return commands.check_catalogue(file);
  if (sign.chosen()) return commands.sign_file(file, p12, passphrase, output);
  return commands.check_form(schema, data, as_json);
}
