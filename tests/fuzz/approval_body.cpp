// The commands that officials send, and the facts of a history: refused, or read into exactly one meaning.
#include <boost/json/parse.hpp>

#include "intranet-approval/api/command_body.hpp"
#include "intranet-approval/domain/cases/fact_json.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  if (input.byte() == 1) {
    const auto type = input.line();
    boost::system::error_code bad;
    const auto json = boost::json::parse(input.text(), bad);
    if (bad || !json.is_object()) return 0;
    const auto fact = approval::fact_from_json(type, json.as_object());
    if (!fact) return 0;
    const auto again = approval::fact_from_json(approval::type_of(*fact), approval::to_json(*fact));
    promise(again && *again == *fact, "a fact is read as it was written");
    return 0;
  }
  http::Request request;
  const auto rest = input.rest();
  request.body.assign(rest.begin(), rest.end());
  const auto asked = approval::api::read_command(request);
  if (!asked) {
    promise(!asked.error().code.empty() && asked.error().fault == Fault::invalid, "a command is refused by name");
    return 0;
  }
  promise(asked->command_id.size() == 36 && !asked->name.empty(), "a command has a name and an id");
  promise(
      std::holds_alternative<approval::Determine>(asked->command) == !asked->record.empty() || asked->record.empty(),
      "only a determination brings a record");
  return 0;
}
