#include "common/evidence/saved_statements.hpp"

#include <catch2/catch.hpp>

namespace jindu::evidence {
namespace {

using List = std::vector<Bytes>;

const Bytes kOne{0x0a, 0x03, 'o', 'n', 'e'}, kOther{0x0a, 0x05, 'o', 't', 'h', 'e', 'r'};
const std::string kOneText = "\"" + to_base64(kOne) + "\"", kOtherText = "\"" + to_base64(kOther) + "\"";

List statements(const std::string& file) { return saved_statements(bytes_of(file)).value().statements; }
std::string code(const std::string& file) {
  const auto read = saved_statements(bytes_of(file));
  return read ? "" : read.error().code;
}

}  // namespace

TEST_CASE("a file that is no JSON is one statement, to the byte") {
  CHECK(saved_statements(kOne).value().statements == List{kOne});
  CHECK(statements(" \n") == List{Bytes{' ', '\n'}});
}

TEST_CASE("a list of statements is read as each console and page gives it") {
  const List both{kOne, kOther};
  CHECK(statements("[" + kOneText + "," + kOtherText + "]") == both);
  CHECK(statements("\n {\"history\": [" + kOneText + "," + kOtherText + "]}") == both);
  CHECK(statements(R"({"events": [)" + kOneText + "]}") == List{kOne});
  CHECK(statements(R"({"receipts": [{"rung": "stored", "receipt": )" + kOneText + R"(}, {"receipt": )" + kOtherText +
                   "}]}") == both);
  CHECK(statements(R"({"statements": [{"signed": )" + kOneText + R"(}, {"signed": )" + kOtherText +
                   R"(}], "intermediates": []})") == both);
  CHECK(statements(R"({"statements": []})").empty());
}

TEST_CASE("JSON without a list of statements, and one with something else in it, are told as one mistake") {
  for (const char* wrong :
       {"{", "{}", "[1]", R"([{"receipt": 1}])", R"(["not base64"])", R"({"statements": "AAAA"})", R"({"more": []})"})
    CHECK(code(wrong) == "input.statements");
  std::string list = "[" + kOneText;
  for (int n = 1; n < 10'000; ++n) list += "," + kOneText;
  CHECK(statements(list + "]").size() == 10'000);
  CHECK(code(list + "," + kOneText + "]") == "input.statements");
}

TEST_CASE("certificates that a list brings along must be some") {
  for (const char* wrong : {"[\"AAAA\"]", "[1]", "{}", "\"AAAA\""})
    CHECK(code(R"({"statements": [)" + kOneText + R"(], "intermediates": )" + wrong + "}") == "input.intermediates");
}

}  // namespace jindu::evidence
