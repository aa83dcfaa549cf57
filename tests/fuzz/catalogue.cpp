// A catalogue from outside: refused with line and pointer, or usable in all its parts.
#include "common/catalogue/catalogue.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = catalogue::parse_catalogue(text);
  if (!parsed) {
    promise(!parsed.error().code.empty() && !parsed.error().detail.empty(), "a catalogue is refused with a reason");
    return 0;
  }
  promise(parsed->serial > 0 && !parsed->items.empty(), "a catalogue is not empty");
  const auto start = catalogue::local_day(kNow);
  for (const auto& item : parsed->items) {
    promise(parsed->item(item.id) == &item && parsed->department(item.department) != nullptr,
            "an item is found, and its department");
    const boost::json::value nothing = boost::json::object{};
    (void)item.form.check(nothing);
    (void)catalogue::check_materials(item, nothing, {{"licence", "a.pdf", "application/pdf", 1}});
    (void)parsed->calendar.deadline(start, item.promised_working_days);
  }
  return 0;
}
