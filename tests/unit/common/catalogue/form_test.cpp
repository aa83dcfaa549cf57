#include "common/catalogue/form.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "common/runtime/files.hpp"

using namespace jindu;
using namespace jindu::catalogue;
namespace json = boost::json;

namespace {

std::string refusal(const std::string& schema) {
  const auto compiled = FormSchema::compile(json::parse(schema));
  return compiled ? "ok" : compiled.error().code + " " + compiled.error().field;
}

std::vector<std::string> findings_of(const char* schema, const json::value& data) {
  std::vector<std::string> list;
  for (const auto& f : FormSchema::compile(json::parse(schema)).value().check(data))
    list.push_back(f.pointer + " " + f.rule);
  return list;
}

std::vector<std::string> sorted(const json::array& findings) {
  std::vector<std::string> list;
  for (const auto& f : findings)
    list.push_back(std::string(f.at("pointer").as_string()) + " " + std::string(f.at("rule").as_string()));
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

TEST_CASE("forms have the findings of the shared vectors") {
  int cases = 0;
  for (const auto& file : std::filesystem::directory_iterator(JINDU_SOURCE_DIR "/tests/vectors/forms")) {
    if (file.path().extension() != ".json") continue;
    INFO(file.path().filename());
    const auto vector = json::parse(files::read_text(file.path()).value());
    const auto schema = FormSchema::compile(vector.at("schema"));
    REQUIRE(schema);
    CHECK(sorted(to_json(schema->check(vector.at("data")))) == sorted(vector.at("findings").as_array()));
    ++cases;
  }
  CHECK(cases >= 69);
}

TEST_CASE("findings carry what their texts need") {
  const auto schema = FormSchema::compile(json::parse(R"({"properties":{"a":{"minimum":2.5},"b":{"maxLength":3},
      "c":{"enum":["x"]},"d":{"const":1},"e":{"pattern":"^x$"},"f":{"multipleOf":0.5},"g":{"type":"string"}}})"));
  const auto found = schema.value().check(json::parse(R"({"a":1,"b":"abcd","c":"y","d":2,"e":"y","f":0.3,"g":1})"));
  CHECK(to_json(found) == json::parse(R"([{"pointer":"/a","rule":"minimum","params":{"limit":2.5}},
      {"pointer":"/b","rule":"maxLength","params":{"limit":3}},{"pointer":"/c","rule":"enum","params":{"allowedValues":["x"]}},
      {"pointer":"/d","rule":"const","params":{"allowedValue":1}},{"pointer":"/e","rule":"pattern","params":{"pattern":"^x$"}},
      {"pointer":"/f","rule":"multipleOf","params":{"multipleOf":0.5}},{"pointer":"/g","rule":"type","params":{"type":"string"}}])"));
}

TEST_CASE("a schema that says more than we understand is refused") {
  CHECK(refusal("true") == "ok");
  CHECK(refusal("5") == "schema.malformed ");
  CHECK(refusal(R"({"properties":{"a":{"dependencies":{}}}})") == "schema.keyword /properties/a/dependencies");
  CHECK(refusal(R"({"patternProperties":{}})") == "schema.keyword /patternProperties");
  CHECK(refusal(R"({"items":[{}]})") == "schema.malformed /items");
  CHECK(refusal(R"({"properties":{"a":{"$id":"x"}}})") == "schema.keyword /properties/a/$id");
  CHECK(refusal(R"({"then":{}})") == "schema.keyword /then");
  CHECK(refusal(R"({"if":{}})") == "schema.keyword /if");
  CHECK(refusal(R"({"format":"ipv4"})") == "schema.format /format");
  CHECK(refusal(R"x({"pattern":"(?=x)"})x") == "schema.pattern /pattern");
  CHECK(refusal(R"({"type":"text"})") == "schema.malformed /type");
  CHECK(refusal(R"({"type":[]})") == "schema.malformed /type");
  CHECK(refusal(R"({"enum":[]})") == "schema.malformed /enum");
  CHECK(refusal(R"({"minLength":-1})") == "schema.malformed /minLength");
  CHECK(refusal(R"({"minLength":1.5})") == "schema.malformed /minLength");
  CHECK(refusal(R"({"minimum":"1"})") == "schema.malformed /minimum");
  CHECK(refusal(R"({"multipleOf":0})") == "schema.malformed /multipleOf");
  CHECK(refusal(R"({"uniqueItems":1})") == "schema.malformed /uniqueItems");
  CHECK(refusal(R"({"required":"a"})") == "schema.malformed /required");
  CHECK(refusal(R"({"required":[1]})") == "schema.malformed /required");
  CHECK(refusal(R"({"anyOf":[]})") == "schema.malformed /anyOf");
  CHECK(refusal(R"({"properties":[]})") == "schema.malformed /properties");
  CHECK(refusal(R"({"allOf":[{},{"oneOf":[{},7]}]})") == "schema.malformed /allOf/1/oneOf/1");
  CHECK(refusal(R"({"properties":{"a/b":{"type":1}}})") == "schema.malformed /properties/a~1b/type");
}

TEST_CASE("references lead to definitions and never in circles") {
  CHECK(refusal(R"({"$ref":"#/definitions/a","definitions":{"a":{"type":"string"}}})") == "ok");
  CHECK(refusal(R"({"$ref":"#/definitions/b","definitions":{"a":{}}})") == "schema.reference /$ref");
  CHECK(refusal(R"({"items":{"$ref":"#"}})") == "schema.reference /items/$ref");
  CHECK(refusal(R"({"items":{"$ref":"https://example.org/schema"}})") == "schema.reference /items/$ref");
  CHECK(refusal(R"({"items":{"$ref":"#/definitions/a/required"},"definitions":{"a":{"required":[]}}})") ==
        "schema.reference /items/$ref");
  CHECK(refusal(R"({"items":{"$ref":"#/definitions/a","type":"string"},"definitions":{"a":{}}})") ==
        "schema.keyword /items/type");
  const std::string circle = refusal(R"({"definitions":{"a":{"items":{"$ref":"#/definitions/b"}},
      "b":{"anyOf":[{"$ref":"#/definitions/a"},{}]}}})");
  CHECK(circle.starts_with("schema.reference "));
}

TEST_CASE("a schema has at most 64 levels, counted through its references") {
  std::string deep = "{}";
  for (int i = 0; i < 70; ++i) deep = R"({"not":)" + deep + "}";
  json::parse_options options;
  options.max_depth = 200;
  const auto compiled = FormSchema::compile(json::parse(deep, {}, options));
  REQUIRE_FALSE(compiled);
  CHECK(compiled.error().code == "schema.malformed");
}

TEST_CASE("what was never compiled lets nothing pass") {
  const auto found = FormSchema{}.check(json::object{});
  REQUIRE(found.size() == 1);
  CHECK(found[0].rule == "false");
}

TEST_CASE("many mistakes are told up to two hundred") {
  CHECK(findings_of(R"({"items":{"type":"string"}})", json::array(1000, 5)).size() == 200);
}

TEST_CASE("a long list is compared for repetitions in no quadratic time") {
  json::array list;
  for (int i = 0; i < 100'000; ++i) list.emplace_back(i);
  CHECK(findings_of(R"({"uniqueItems":true})", list).empty());
  list.emplace_back(99'999.0);
  CHECK(findings_of(R"({"uniqueItems":true})", list) == std::vector<std::string>{" uniqueItems"});
}

TEST_CASE("pointers are escaped and followed") {
  CHECK(pointer_join("/a", "b/c~d") == "/a/b~1c~0d");
  const auto value = json::parse(R"({"b/c~d":[1,2]})");
  REQUIRE(find_pointer(value, "/b~1c~0d/1"));
  CHECK(*find_pointer(value, "/b~1c~0d/1") == 2);
  CHECK(find_pointer(value, "/nothing") == nullptr);
  CHECK(find_pointer(value, "no pointer") == nullptr);
}

TEST_CASE("a schema whose references double with each definition is refused at once") {
  std::string definitions;
  for (int i = 0; i < 30; ++i) {
    const auto next = "{\"$ref\":\"#/definitions/d" + std::to_string(i + 1) + "\"}";
    definitions += "\"d" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
  }
  const auto start = std::chrono::steady_clock::now();
  const auto refused = refusal("{\"$ref\":\"#/definitions/d0\",\"definitions\":{" + definitions + "\"d30\":{}}}");
  CHECK(refused.starts_with("schema.malformed "));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
