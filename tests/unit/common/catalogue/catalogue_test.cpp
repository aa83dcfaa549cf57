#include "common/catalogue/catalogue.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "common/crypto/certificate.hpp"
#include "common/runtime/files.hpp"

using namespace jindu;
using namespace jindu::catalogue;
namespace json = boost::json;

namespace {

const std::string kFolder = JINDU_SOURCE_DIR "/deploy/catalogue/";

json::value read(const std::string& name) { return json::parse(files::read_text(kFolder + name).value()); }

std::vector<std::string> item_ids() {
  std::vector<std::string> ids;
  for (const auto& file : std::filesystem::directory_iterator(kFolder + "items")) ids.push_back(file.path().stem());
  std::sort(ids.begin(), ids.end());
  return ids;
}

const std::string& certificate() {
  static const std::string text = [] {
    const auto key = crypto::PrivateKey::generate_p256();
    const auto now = SystemClock().now();
    return to_base64(crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Department"},
                                               crypto::Profile::authority, now, now + std::chrono::hours(24))
                         .value()
                         .der());
  }();
  return text;
}

// The deployed catalogue as it is published.
json::object published() {
  json::object catalogue{{"serial", 7}};
  auto departments = read("departments.json");
  for (auto& one : departments.as_array()) one.as_object()["certificate"] = certificate();
  catalogue["departments"] = departments;
  json::array items;
  for (const auto& id : item_ids()) items.push_back(read("items/" + id + ".json"));
  catalogue["items"] = items;
  json::object years;
  for (const auto* year : {"2024", "2025", "2026"}) years[year] = read(std::string("calendar/") + year + ".json");
  catalogue["calendar"] = json::object{{"years", years}};
  return catalogue;
}

Item deployed(const std::string& id) { return parse_item(read("items/" + id + ".json")).value(); }

std::set<std::string> words(const std::vector<Finding>& findings) {
  std::set<std::string> list;
  for (const auto& f : findings) list.insert(f.pointer + " " + f.rule);
  return list;
}

// What the form of a deployed item finds in its sample after a change.
std::set<std::string> found(const std::string& id, const std::function<void(json::object&)>& change) {
  auto sample = read("samples/" + id + ".json").as_object();
  change(sample);
  return words(deployed(id).form.check(sample));
}

json::value& at(json::value& root, const char* pointer) {
  boost::system::error_code code;
  auto* found = root.find_pointer(pointer, code);
  REQUIRE(found);
  return *found;
}

using Words = std::set<std::string>;

}  // namespace

TEST_CASE("the deployed catalogue is good") {
  const auto catalogue = parse_catalogue(json::serialize(published()));
  REQUIRE(catalogue);
  CHECK(catalogue->serial == 7);
  CHECK(catalogue->departments.size() == 6);
  CHECK(catalogue->items.size() == 6);
  CHECK(catalogue->calendar.years() == std::vector<int>{2024, 2025, 2026});
  CHECK(catalogue->item("nothing") == nullptr);
  CHECK(catalogue->department("nothing") == nullptr);
  const auto* food = catalogue->item("food-business-licence");
  REQUIRE(food);
  CHECK(food->name.zh == "食品经营许可");
  CHECK(food->department == "market-supervision");
  CHECK(food->for_citizens);
  CHECK(food->json.at("guide").at("fees").at("zh") == "不收费");
  REQUIRE(catalogue->department("market-supervision"));
  CHECK(catalogue->department("market-supervision")->code == "MR");
  CHECK_FALSE(catalogue->department("market-supervision")->certificate.empty());
}

TEST_CASE("every deployed item has five stages within its promise, and texts for every decision") {
  CHECK(item_ids() == std::vector<std::string>{"food-business-licence", "human-resources-service",
                                               "outdoor-advertising", "public-place-hygiene",
                                               "road-occupation-excavation", "road-transport-operation"});
  for (const auto& id : item_ids()) {
    INFO(id);
    const auto item = deployed(id);
    CHECK(item.id == id);
    std::vector<std::string> stages, roles;
    int review = 0;
    for (const auto& stage : item.stages) {
      stages.push_back(stage.code);
      roles.push_back(stage.role);
      if (stage.code != "acceptance" && stage.code != "notification") review += stage.limit_working_days;
    }
    CHECK(stages ==
          std::vector<std::string>{"acceptance", "initial_review", "re_review", "determination", "notification"});
    CHECK(roles == std::vector<std::string>{"acceptor", "initial_reviewer", "re_reviewer", "determiner", "notifier"});
    CHECK(review <= item.promised_working_days);
    CHECK(item.promised_working_days <= item.statutory_working_days);
    CHECK(item.stages[0].limit_working_days <= 5);  // 行政许可法 article 32
    CHECK(std::any_of(item.materials.begin(), item.materials.end(), [](const auto& m) { return m.when.has_value(); }));
    for (const auto* text : {&item.refusal.body.zh, &item.refusal.body.en})
      CHECK(text->find("{reasons}") != std::string::npos);  // article 38: a refusal gives its reasons
    CHECK_FALSE(item.json.at("guide").at("legal_basis").as_array().empty());
  }
}

TEST_CASE("the sample of every item is without findings, and nothing at all is not") {
  for (const auto& id : item_ids()) {
    INFO(id);
    CHECK(found(id, [](auto&) {}) == Words{});
    const auto nothing = words(deployed(id).form.check(json::object{}));
    CHECK(nothing.size() >= 8);
    for (const auto& one : nothing) CHECK(one.ends_with(" required"));
    CHECK(found(id, [](auto& form) { form["no_such_field"] = 1; }) == Words{"/no_such_field additionalProperties"});
  }
}

TEST_CASE("food: what is wrong with the form is found") {
  const std::string id = "food-business-licence";
  CHECK(found(id, [](auto& f) { f["credit_code"] = "91330106MA2B1C3D46"; }) == Words{"/credit_code format.uscc"});
  CHECK(found(id, [](auto& f) { f.erase("lease_until"); }) == Words{"/lease_until required"});
  CHECK(found(id, [](auto& f) { f["tenure"] = "owned", f.erase("lease_until"); }) == Words{});
  CHECK(found(id, [](auto& f) { f["online"] = true, f.erase("website"); }) == Words{"/website required"});
  CHECK(found(id, [](auto& f) { f.erase("seats"); }) == Words{"/seats required"});
  CHECK(found(id,
              [](auto& f) {
                f["staff"] = json::array{json::object{{"name", ""}, {"post", "boss"}}};
              }) == Words{"/staff/0/name minLength", "/staff/0/post enum", "/staff/0/resident_id required",
                          "/staff/0/health_until required"});
  CHECK(found(id, [](auto& f) { f["products"] = {"hot", "hot"}; }) == Words{"/products uniqueItems"});
}

TEST_CASE("hygiene: what is wrong with the form is found") {
  const std::string id = "public-place-hygiene";
  CHECK(found(id, [](auto& f) { f["category"] = "swimming", f.erase("pool_area"); }) == Words{"/pool_area required"});
  CHECK(found(id, [](auto& f) { f["category"] = "hotel", f.erase("beds"); }) == Words{"/beds required"});
  CHECK(found(id, [](auto& f) { f["phone"] = "12345678"; }) == Words{"/phone format.cn-phone"});
  CHECK(found(id, [](auto& f) { f["staff"].as_array().clear(); }) == Words{"/staff minItems"});
}

TEST_CASE("transport: what is wrong with the form is found") {
  const std::string id = "road-transport-operation";
  CHECK(found(id, [](auto& f) { f["scope"] = "passenger", f.erase("route"); }) == Words{"/route required"});
  CHECK(found(id, [](auto& f) { f["vehicles"].at(0).as_object()["plate"] = "ABC1234"; }) ==
        Words{"/vehicles/0/plate pattern"});
  CHECK(found(id, [](auto& f) { f["vehicles"].at(0).as_object()["plate"] = "津AD12345"; }) == Words{});
  CHECK(found(id, [](auto& f) { f["drivers"].at(0).as_object()["licence_class"] = "D"; }) ==
        Words{"/drivers/0/licence_class pattern"});
  CHECK(found(id, [](auto& f) { f["parking_area"] = 19.9; }) == Words{"/parking_area minimum"});
}

TEST_CASE("excavation: what is wrong with the form is found") {
  const std::string id = "road-occupation-excavation";
  CHECK(found(id, [](auto& f) { f["kind"] = "both", f.erase("depth"), f.erase("sections"), f["area"] = 5; }) ==
        Words{"/depth required", "/sections required"});
  CHECK(found(id, [](auto& f) { f["kind"] = "excavate", f["depth"] = 1, f["sections"] = json::array{}; }) ==
        Words{"/sections minItems"});
  CHECK(found(id, [](auto& f) { f["kind"] = "occupy", f.erase("area"); }) == Words{"/area required"});
  CHECK(found(id, [](auto& f) { f["closes_lane"] = true, f.erase("traffic_plan"); }) ==
        Words{"/traffic_plan required"});
  CHECK(found(id, [](auto& f) { f["from"] = "2026-02-30"; }) == Words{"/from format.date"});
}

TEST_CASE("advertising: what is wrong with the form is found") {
  const std::string id = "outdoor-advertising";
  CHECK(found(id, [](auto& f) { f["form"] = "led", f.erase("brightness"); }) == Words{"/brightness required"});
  CHECK(found(id, [](auto& f) { f["owner_consent"] = false; }) == Words{"/owner_consent const"});
  CHECK(found(id, [](auto& f) { f["faces"].at(0).as_object()["width"] = "wide"; }) == Words{"/faces/0/width type"});
}

TEST_CASE("human resources: what is wrong with the form is found") {
  const std::string id = "human-resources-service";
  CHECK(found(id, [](auto& f) { f["services"] = {"online"}, f.erase("icp"), f.erase("website"); }) ==
        Words{"/icp required", "/website required"});
  CHECK(found(id, [](auto& f) { f["icp"] = "12345"; }) == Words{"/icp pattern"});
  CHECK(found(id, [](auto& f) { f["staff"].as_array().resize(2); }) == Words{"/staff minItems"});
  CHECK(found(id, [](auto& f) { f["legal_mobile"] = "23800138000"; }) == Words{"/legal_mobile format.cn-mobile"});
}

TEST_CASE("materials are checked against their rules") {
  const auto item = deployed("food-business-licence");
  const auto form = read("samples/food-business-licence.json");
  const std::vector<MaterialFacts> good{{"business-licence", "a.pdf", "application/pdf", 1000},
                                        {"floor-plan", "b.png", "image/png", 20'971'520},
                                        {"safety-rules", "c.pdf", "application/pdf", 1},
                                        {"lease", "d.pdf", "application/pdf", 1000}};
  CHECK(check_materials(item, form, good).empty());
  const auto changed = [&](const std::function<void(std::vector<MaterialFacts>&)>& change) {
    auto list = good;
    change(list);
    return words(check_materials(item, form, list));
  };
  CHECK(changed([](auto& m) { m.pop_back(); }) == Words{"/materials/lease material.required"});
  CHECK(changed([](auto& m) { m[0].size = 0; }) == Words{"/materials/business-licence material.empty"});
  CHECK(changed([](auto& m) { ++m[1].size; }) == Words{"/materials/floor-plan material.too_large"});
  CHECK(changed([](auto& m) { m[2].media_type = "image/png"; }) == Words{"/materials/safety-rules material.type"});
  CHECK(changed([](auto& m) { m.push_back(m[2]); }) == Words{"/materials/safety-rules material.too_many"});
  CHECK(changed([](auto& m) {
          m.push_back({"x/y", "", "application/pdf", 1});
        }) == Words{"/materials/x~1y material.unknown"});
  auto owned = form.as_object();
  owned["tenure"] = "owned";
  CHECK(check_materials(item, owned, {good.begin(), good.begin() + 3}).empty());
  const auto large =
      check_materials(item, form, {good[0], {"floor-plan", "b.png", "image/png", 20'971'521}, good[2], good[3]});
  REQUIRE(large.size() == 1);
  CHECK(large[0].params == json::object{{"file", "b.png"}, {"limit", 20'971'520}});
}

TEST_CASE("a catalogue is refused whole at each kind of mistake, with its place") {
  const auto refused = [](const std::function<void(json::value&)>& change) {
    json::value whole = published();
    change(whole);
    const auto parsed = parse_catalogue(json::serialize(whole));
    return parsed ? std::string("ok") : parsed.error().code + " " + parsed.error().field;
  };
  const auto set = [&](const char* parent, const char* name, const json::value& value) {
    return refused([&](json::value& v) { at(v, parent).as_object()[name] = value; });
  };
  const auto without = [&](const char* parent, const char* name) {
    return refused([&](json::value& v) { REQUIRE(at(v, parent).as_object().erase(name) == 1); });
  };
  const json::object words{{"zh", "字"}, {"en", "words"}};

  SECTION("of the whole") {
    CHECK(refused([](auto&) {}) == "ok");
    CHECK(refused([](auto& v) { v = json::array{}; }) == "catalogue.syntax ");
    CHECK(without("", "serial") == "catalogue.syntax /serial");
    CHECK(set("", "serial", 0) == "catalogue.syntax /serial");
    CHECK(set("", "serial", 1.5) == "catalogue.syntax /serial");
    CHECK(set("", "surprise", 1) == "catalogue.syntax /surprise");
    CHECK(set("", "items", json::array{}) == "catalogue.syntax /items");
    CHECK(without("", "calendar") == "catalogue.syntax /calendar");
    CHECK(refused([](auto& v) { at(v, "/calendar/years/2026/workdays/0") = "2026-01-05"; }) ==
          "calendar.no_weekend /calendar/years/2026/workdays");
  }
  SECTION("of departments") {
    CHECK(set("/departments/1", "id", "Health!") == "catalogue.department /departments/1/id");
    CHECK(set("/departments/1", "code", "hc") == "catalogue.department /departments/1/code");
    CHECK(set("/departments/1", "name", json::object{{"zh", "字"}}) == "catalogue.department /departments/1/name");
    CHECK(set("/departments/1", "certificate", "AAAA") == "catalogue.department /departments/1/certificate");
    CHECK(set("/departments/1", "certificate", "no base64") == "catalogue.department /departments/1/certificate");
    CHECK(without("/departments/1", "certificate") == "catalogue.department /departments/1/certificate");
    CHECK(set("/departments/1", "id", "market-supervision") == "catalogue.duplicate /departments/1/id");
  }
  SECTION("of items") {
    CHECK(set("/items/0", "id", "food/licence") == "catalogue.item /items/0/id");
    CHECK(set("/items/1", "id", "food-business-licence") == "catalogue.duplicate /items/1/id");
    CHECK(set("/items/0", "department", "nobody") == "catalogue.unknown_department /items/0/department");
    CHECK(set("/items/0", "version", 0) == "catalogue.item /items/0/version");
    CHECK(set("/items/0", "audience", json::array{"dog"}) == "catalogue.item /items/0/audience");
    CHECK(set("/items/0", "audience", json::array{}) == "catalogue.item /items/0/audience");
    CHECK(set("/items/0", "name", "食品") == "catalogue.item /items/0/name");
    CHECK(set("/items/0", "limit", 1) == "catalogue.item /items/0/limit");
    CHECK(without("/items/0", "workflow") == "catalogue.item /items/0/workflow");
    CHECK(set("/items/0/limits", "promised_working_days", 21) ==
          "catalogue.item /items/0/limits/promised_working_days");
    CHECK(set("/items/0/workflow", "stages", json::array{}) == "catalogue.item /items/0/workflow/stages");
    CHECK(set("/items/0/workflow/stages/2", "limit_working_days", -1) ==
          "catalogue.item /items/0/workflow/stages/2/limit_working_days");
    CHECK(set("/items/0/workflow/stages/2", "code", "acceptance") == "catalogue.item /items/0/workflow/stages");
    CHECK(without("/items/0/workflow/stages/2", "role") == "catalogue.item /items/0/workflow/stages/2/role");
  }
  SECTION("of guides") {
    CHECK(without("/items/0/guide", "summary") == "catalogue.item /items/0/guide/summary");
    CHECK(set("/items/0/guide", "fees", "free") == "catalogue.item /items/0/guide/fees");
    CHECK(set("/items/0/guide", "process", json::array{words, 5}) == "catalogue.item /items/0/guide/process");
    CHECK(set("/items/0/guide", "faq", json::array{words}) == "catalogue.item /items/0/guide/faq");
    CHECK(set("/items/0/guide", "price", words) == "catalogue.item /items/0/guide/price");
  }
  SECTION("of forms") {
    CHECK(without("/items/0/form", "schema") == "catalogue.item /items/0/form/schema");
    CHECK(set("/items/0/form/schema/properties/area", "minimun", 1) ==
          "schema.keyword /items/0/form/schema/properties/area/minimun");
    CHECK(set("/items/0/form/schema/properties/area", "pattern", "(") ==
          "schema.pattern /items/0/form/schema/properties/area/pattern");
    CHECK(set("/items/0/form/schema/properties", "more", json::object{}) == "catalogue.item /items/0/form/ui/labels");
    CHECK(without("/items/0/form/ui/labels", "/staff/*/name") == "catalogue.item /items/0/form/ui/labels");
    CHECK(set("/items/0/form/ui/labels", "/ghost", words) == "catalogue.item /items/0/form/ui/labels/~1ghost");
    CHECK(set("/items/0/form/ui/labels", "/area", "m2") == "catalogue.item /items/0/form/ui/labels/~1area");
    CHECK(set("/items/0/form/ui/help", "/ghost", words) == "catalogue.item /items/0/form/ui/help/~1ghost");
    CHECK(without("/items/0/form/ui/enums", "/tenure") == "catalogue.item /items/0/form/ui/enums/~1tenure");
    CHECK(without("/items/0/form/ui/enums/~1tenure", "owned") ==
          "catalogue.item /items/0/form/ui/enums/~1tenure/owned");
    CHECK(set("/items/0/form/ui/enums/~1tenure", "lent", words) ==
          "catalogue.item /items/0/form/ui/enums/~1tenure/lent");
    CHECK(set("/items/0/form/ui/enums", "/area", words) == "catalogue.item /items/0/form/ui/enums/~1area/zh");
    CHECK(set("/items/0/form/ui/sections/0", "fields", json::array{"/ghost"}) ==
          "catalogue.item /items/0/form/ui/sections/0/fields/0");
    CHECK(set("/items/0/form/ui/sections/3", "fields", json::array{"/staff", "/area"}) ==
          "catalogue.item /items/0/form/ui/sections/3/fields/1");
    CHECK(set("/items/0/form/ui/sections/3", "fields", json::array{"/staff/*/name"}) == "ok");
    CHECK(set("/items/0/form/ui", "sections", json::array{}) == "catalogue.item /items/0/form/ui/sections");
    CHECK(set("/items/0/form/ui/sections/3", "title", "Staff") == "catalogue.item /items/0/form/ui/sections/3/title");
    CHECK(set("/items/0/form/ui", "order", json::array{"/ghost"}) == "catalogue.item /items/0/form/ui/order");
    CHECK(set("/items/0/form/ui", "colour", "red") == "catalogue.item /items/0/form/ui/colour");
  }
  SECTION("of materials") {
    CHECK(set("/items/0/materials/1", "code", "business-licence") == "catalogue.item /items/0/materials");
    CHECK(set("/items/0/materials/1", "types", json::array{"pdf"}) == "catalogue.item /items/0/materials/1/types");
    CHECK(set("/items/0/materials/1", "max_bytes", (std::int64_t{2} << 30) + 1) ==
          "catalogue.item /items/0/materials/1/max_bytes");
    CHECK(set("/items/0/materials/1", "max_files", 0) == "catalogue.item /items/0/materials/1/max_files");
    CHECK(set("/items/0/materials/1", "grade", "E") == "catalogue.item /items/0/materials/1/grade");
    CHECK(set("/items/0/materials/1", "required", "yes") == "catalogue.item /items/0/materials/1/required");
    CHECK(set("/items/0/materials/3/when", "requires", json::array{}) ==
          "schema.keyword /items/0/materials/3/when/requires");
  }
  SECTION("of documents") {
    CHECK(without("/items/0/documents", "refusal") == "catalogue.item /items/0/documents/refusal");
    CHECK(set("/items/0/documents/grant", "number_template", "〔{year}〕") ==
          "catalogue.item /items/0/documents/grant/number_template");
    CHECK(set("/items/0/documents/grant", "number_template", "{sequence}{seq}") ==
          "catalogue.item /items/0/documents/grant/number_template");
    CHECK(set("/items/0/documents/grant", "number_template", "{department}-{seq:6}") == "ok");
    CHECK(set("/items/0/documents/grant", "body", json::object{{"zh", "{name}"}, {"en", "x"}}) ==
          "catalogue.item /items/0/documents/grant/body");
    CHECK(set("/items/0/documents/grant", "valid_years", 101) == "catalogue.item /items/0/documents/grant/valid_years");
  }
}

TEST_CASE("a mistake is told with its line") {
  const auto detail = [](const char* text) { return parse_catalogue(text).error().detail; };
  CHECK(detail("{\n\"serial\": 1,\n\"departments\": [,]}").starts_with("line 3: "));
  CHECK(detail("{\n\"serial\":\n 0}").starts_with("line 3: /serial "));
  CHECK(detail("").starts_with("line 1: "));
  CHECK(detail("{} {}").starts_with("line 1: "));
  CHECK(detail("\xff").starts_with("line 1: "));
  const std::string_view text = "{\"a\": [1,\n{\"b/c\":\n\"}]\\\"\",\n \"d\": null}],\n\"e\": {}\n}";
  CHECK(line_of(text, "") == 1);
  CHECK(line_of(text, "/a/1") == 2);
  CHECK(line_of(text, "/a/1/b~1c") == 3);
  CHECK(line_of(text, "/a/1/d") == 4);
  CHECK(line_of(text, "/a/1/missing") == 2);  // the nearest thing around it
  CHECK(line_of(text, "/e/missing") == 5);
}
