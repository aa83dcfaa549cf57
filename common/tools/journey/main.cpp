// jindu-journey: a whole application without a human, against a running system; every step with its evidence.
#include <iostream>

#include "common/runtime/command_line.hpp"
#include "common/tools/journey/course.hpp"

int main(int argc, char** argv) {
  jindu::CommandLine app("Performs a whole application against a running system");
  jindu::journey::Options o;
  app.option("access", o.access, "access.json as deploy/demo writes it").required();
  app.option("--item", o.item, "Service item");
  app.option("--catalogue", o.catalogue_folder, "Folder with samples/").required();
  app.option("--applicant", o.applicant, "ec or rsa (companies), or citizen").one_of({"ec", "rsa", "citizen"});
  app.option("--path", o.path, "How it goes: grant, refuse, supplement, not-accepted, returned")
      .one_of({"grant", "refuse", "supplement", "not-accepted", "returned"});
  app.option("--until", o.until, "Go no further than: made, submitted, received, end")
      .one_of({"made", "submitted", "received", "end"});
  app.option("--material-kib", o.material_kib, "Make the first material so much larger").between(0, 1 << 20);
  app.option("--patience", o.patience, "Seconds to wait for each step");
  app.option("--declaration", o.declaration, "Its UUID; a new one otherwise");
  app.option("--keep", o.keep, "Folder for what the applicant gets");
  if (const auto ended = app.read(argc, argv)) return *ended;
  try {
    jindu::journey::travel(o);
  } catch (const jindu::journey::Failure& failure) {
    std::cout << "FAILED     " << failure.what << "\n";
    return 1;
  }
  return 0;
}
