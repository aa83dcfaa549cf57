// Materials of applicants, as they are looked into before an official opens one: PDF, archives and what pretends to be.
#include "intranet-approval/inspection/inspector.hpp"

#include <algorithm>
#include <array>

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  using namespace jindu::approval;
  // Small, so that a bomb is one within the size of an input.
  static const inspection::Inspector inspector({"", 8u << 20, 100, 200});
  struct Kind {
    const char *type, *name;
  };
  static constexpr std::array<Kind, 5> kinds{
      {{"application/pdf", "a.pdf"},
       {"application/zip", "a.zip"},
       {"image/png", "a.png"},
       {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx"},
       {"video/mp4", "a.mp4"}}};
  static constexpr std::array<std::string_view, 6> wrongs{"inspection.type_mismatch", "inspection.archive_bomb",
                                                          "inspection.macro",         "inspection.active_content",
                                                          "inspection.encrypted",     "inspection.unreadable"};
  Input input(data, size);
  const auto& kind = kinds[input.byte() % kinds.size()];
  const MemoryFile file(input.rest());
  const auto verdict = inspector.inspect(file.path(), kind.type, kind.name);
  promise(verdict.has_value(), "every file gets a verdict");
  if (verdict->clean)
    promise(verdict->code == "unscanned", "nothing is called clean that no scanner has seen");
  else
    promise(std::find(wrongs.begin(), wrongs.end(), verdict->code) != wrongs.end() && !verdict->detail.empty(),
            "a verdict says what is wrong, by name and in words");
  return 0;
}
