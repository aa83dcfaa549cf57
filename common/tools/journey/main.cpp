// jindu-journey: a whole application without a human, against a running system; every step with its evidence.
#include <CLI/CLI.hpp>
#include <iostream>

#include "common/tools/journey/course.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Performs a whole application against a running system"};
  jindu::journey::Options o;
  app.add_option("access", o.access, "access.json as deploy/demo writes it")->required();
  app.add_option("--item", o.item, "Service item");
  app.add_option("--catalogue", o.catalogue_folder, "Folder with samples/")->required();
  app.add_option("--applicant", o.applicant, "ec or rsa (companies), or citizen")
      ->check(CLI::IsMember({"ec", "rsa", "citizen"}));
  app.add_option("--path", o.path, "How it goes: grant, refuse, supplement, not-accepted, returned")
      ->check(CLI::IsMember({"grant", "refuse", "supplement", "not-accepted", "returned"}));
  app.add_option("--until", o.until, "Go no further than: made, submitted, received, end")
      ->check(CLI::IsMember({"made", "submitted", "received", "end"}));
  app.add_option("--material-kib", o.material_kib, "Make the first material so much larger")
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--patience", o.patience, "Seconds to wait for each step");
  app.add_option("--declaration", o.declaration, "Its UUID; a new one otherwise");
  app.add_option("--keep", o.keep, "Folder for what the applicant gets");
  CLI11_PARSE(app, argc, argv);
  try {
    jindu::journey::travel(o);
  } catch (const jindu::journey::Failure& failure) {
    std::cout << "FAILED     " << failure.what << "\n";
    return 1;
  }
  return 0;
}
