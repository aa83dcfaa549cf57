// Ranges that would make a reader look outside of the document.
#include <catch2/catch.hpp>

#include "common/evidence/pdf_signature.hpp"

namespace jindu::evidence {

TEST_CASE("a byte range beyond the document, backwards or too large to count, is refused and not followed") {
  for (const char* range : {"0 18446744073709551615 5", "0 18446744073709551614 5", "0 9223372036854775808 40",
                            "0 30 20", "0 20 20", "0 20 21", "0 20 22", "0 20 4000", "0 5 18446744073709551615"}) {
    for (const char* rest : {"0", "100", "18446744073709551615"}) {
      const std::string text =
          std::string("%PDF-1.7\n<</ByteRange [") + range + " " + rest + "]/Contents <3082>>>" + std::string(100, ' ');
      const auto size = text.size();
      INFO(text);
      const auto checked = verify_pdf_signature(bytes_of(text));
      REQUIRE_FALSE(checked);
      CHECK(checked.error().code == "pdf.range");
      // The last number fits what is left behind the second, as a careful forger would write it.
      const auto fitting =
          std::string("%PDF-1.7\n<</ByteRange [0 18446744073709551615 5 ") + std::to_string(size - 5) + "]";
      const auto forged = fitting + std::string(size - fitting.size(), ' ');
      CHECK(verify_pdf_signature(bytes_of(forged)).error().code == "pdf.range");
    }
  }
}

}  // namespace jindu::evidence
