#include "common/tools/admin/commands.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "common/catalogue/catalogue.hpp"
#include "common/crypto/certificate.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"

using namespace jindu;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

const admin::Commands kCommands(Language::en);

// A folder of its own for each test, with the deployed catalogue and certificates for its departments.
class Desk {
 public:
  Desk() : folder_(fs::temp_directory_path() / ("jindu-admin-" + new_uuid(SystemClock().now()))) {
    fs::create_directories(folder_ / "pki");
    fs::copy(JINDU_SOURCE_DIR "/deploy/catalogue", folder_ / "catalogue", fs::copy_options::recursive);
    const auto departments = json::parse(files::read_text(folder_ / "catalogue/departments.json").value());
    for (const auto& one : departments.as_array()) {
      const std::string id(one.at("id").as_string());
      const auto key = crypto::PrivateKey::generate_p256();
      const auto now = SystemClock().now();
      const auto certificate = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = id},
                                                         crypto::Profile::authority, now, now + std::chrono::hours(24));
      write("pki/department-" + id + ".pem", certificate.value().pem());
    }
  }
  ~Desk() { fs::remove_all(folder_); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    REQUIRE(files::write_durably(folder_ / name, bytes_of(text)));
  }
  std::string read(const std::string& name) const { return files::read_text(folder_ / name).value(); }
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    auto text = read(name);
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    write(name, text.replace(at, from.size(), to));
  }
  int build(std::uint64_t serial = 3) {
    return kCommands.build_catalogue(path("catalogue"), path("pki"), serial, path("out.json"));
  }

 private:
  fs::path folder_;
};

// What a command prints, of both kinds.
class Printed {
 public:
  Printed() : out_(std::cout.rdbuf(text_.rdbuf())), err_(std::cerr.rdbuf(text_.rdbuf())) {}
  ~Printed() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* out_;
  std::streambuf* err_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a catalogue is built with the departments' certificates") {
  Desk desk;
  {
    Printed printed;
    CHECK(desk.build(3) == 0);
    CHECK(contains(printed.text(), "serial 3, 6 departments, 6 service items"));
    CHECK(kCommands.check_catalogue(desk.path("out.json")) == 0);
  }
  const auto built = catalogue::parse_catalogue(desk.read("out.json"));
  REQUIRE(built);
  CHECK(built->serial == 3);
  for (const auto& department : built->departments)
    CHECK(crypto::Certificate::from_der(department.certificate).value().common_name() == department.id);
}

TEST_CASE("a catalogue with a mistake is not written, and the file and line are told") {
  Desk desk;
  const auto told = [&] {
    Printed printed;
    CHECK(desk.build() == 2);
    CHECK_FALSE(fs::exists(desk.path("out.json")));
    return printed.text();
  };
  SECTION("a rule that is not known") {
    desk.replace("catalogue/items/food-business-licence.json", "\"minLength\": 2", "\"minLenght\": 2");
    const auto text = desk.read("catalogue/items/food-business-licence.json");
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find("minLenght")), '\n');
    CHECK(contains(told(), "food-business-licence.json:" + std::to_string(line) +
                               ": /form/schema/properties/operator_name/minLenght "));
  }
  SECTION("no JSON") {
    desk.replace("catalogue/items/outdoor-advertising.json", "\"version\": 1,", "\"version\": 1");
    CHECK(contains(told(), "outdoor-advertising.json:4: "));
  }
  SECTION("a department that is not there") {
    desk.replace("catalogue/items/outdoor-advertising.json", "\"department\": \"city-appearance\"",
                 "\"department\": \"city\"");
    CHECK(contains(told(), "there is no department 'city'"));
  }
  SECTION("a certificate that is not there") {
    fs::remove(desk.path("pki/department-health.pem"));
    CHECK(contains(told(), "department-health.pem"));
  }
  SECTION("no items") {
    fs::remove_all(desk.path("catalogue/items"));
    CHECK(contains(told(), "no JSON files in "));
  }
  SECTION("no departments") {
    fs::remove(desk.path("catalogue/departments.json"));
    CHECK(contains(told(), "departments.json"));
  }
  SECTION("a calendar that contradicts itself") {
    desk.replace("catalogue/calendar/2026.json", "2026-02-14", "2026-02-16");
    CHECK(contains(told(), "/calendar/years/2026/workdays"));
  }
}

TEST_CASE("forms are checked as portal and workbench check them") {
  Desk desk;
  const auto item = desk.path("catalogue/items/public-place-hygiene.json");
  const auto sample = desk.path("catalogue/samples/public-place-hygiene.json");
  const auto run = [](const std::string& schema, const std::string& data, bool as_json, int expected) {
    Printed printed;
    CHECK(kCommands.check_form(schema, data, as_json) == expected);
    return printed.text();
  };
  CHECK(run(item, sample, false, 0).empty());
  CHECK(run(item, sample, true, 0) == "[]\n");

  desk.write("schema.json", R"({"required":["a"],"properties":{"b":{"minimum":2}}})");
  desk.write("data.json", R"({"b":1})");
  CHECK(run(desk.path("schema.json"), desk.path("data.json"), false, 1) ==
        "/a  required\n/b  minimum  {\"limit\":2}\n");
  CHECK(
      json::parse(run(desk.path("schema.json"), desk.path("data.json"), true, 1)) ==
      json::parse(
          R"([{"pointer":"/a","rule":"required","params":{}},{"pointer":"/b","rule":"minimum","params":{"limit":2}}])"));

  desk.write("bad.json", "{\n\"a\": 1,\n}");
  CHECK(contains(run(item, desk.path("bad.json"), false, 2), "bad.json:3: "));
  desk.write("schema.json", "{\n\"type\": \"object\",\n\"maximun\": 5}");
  CHECK(contains(run(desk.path("schema.json"), sample, false, 2), "schema.json:3: /maximun "));
  desk.replace("catalogue/items/public-place-hygiene.json", "\"minLength\": 2", "\"minLenght\": 2");
  CHECK(contains(run(item, sample, false, 2), "/form/schema/properties/unit_name/minLenght "));
  CHECK(contains(run(desk.path("nowhere.json"), sample, false, 2), "nowhere.json"));
}

TEST_CASE("what cannot be signed is told") {
  Desk desk;
  desk.write("content", "{}");
  desk.write("no.p12", "no PKCS#12");
  desk.write("passphrase", "secret\n");
  Printed printed;
  CHECK(kCommands.sign_file(desk.path("content"), desk.path("no.p12"), desk.path("passphrase"), desk.path("out")) == 2);
  CHECK(kCommands.sign_file(desk.path("nothing"), desk.path("no.p12"), desk.path("passphrase"), desk.path("out")) == 2);
  CHECK_FALSE(fs::exists(desk.path("out")));
}

TEST_CASE("what is wrong is said in Chinese, with its place and code") {
  Desk desk;
  desk.replace("catalogue/items/outdoor-advertising.json", "\"version\": 1,", "\"version\": 1");
  Printed printed;
  CHECK(admin::Commands(Language::zh).build_catalogue(desk.path("catalogue"), desk.path("pki"), 3, desk.path("out")) ==
        2);
  CHECK(contains(printed.text(), "不是正确的 JSON："));
  CHECK(contains(printed.text(), "outdoor-advertising.json:4: "));
  CHECK(contains(printed.text(), " [json.syntax]\n"));
}
