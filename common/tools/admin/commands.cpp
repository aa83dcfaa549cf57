#include "common/tools/admin/commands.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <filesystem>
#include <iostream>

#include "common/catalogue/catalogue.hpp"
#include "common/crypto/cms.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/terminal.hpp"
#include "common/tools/admin/words.hpp"

namespace jindu::admin {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

result<json::value> read_json(const fs::path& path) {
  auto text = files::read_text(path);
  if (!text) return text.error();
  boost::system::error_code code;
  json::parse_options options;
  options.max_depth = 64;
  json::stream_parser parser({}, options);
  const auto used = parser.write_some(*text, code);
  if (!code) parser.finish(code);
  if (!code && text->find_first_not_of(" \t\r\n", used) != std::string::npos) code = json::error::extra_data;
  if (code) {
    const auto line = 1 + std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(used), '\n');
    return Error{Fault::invalid, "json.syntax", path.string() + ":" + std::to_string(line) + ": " + code.message()};
  }
  return parser.release();
}

// "file:line: pointer what", as compilers tell it.
std::string at_line(const fs::path& file, const std::string& pointer, const std::string& what) {
  const auto text = files::read_text(file);
  const auto line = text ? catalogue::line_of(*text, pointer) : 0;
  return file.string() + ":" + std::to_string(line) + ": " + pointer + " " + what;
}

result<std::vector<fs::path>> json_files(const fs::path& folder) {
  std::vector<fs::path> list;
  std::error_code code;
  for (const auto& file : fs::directory_iterator(folder, code))
    if (file.path().extension() == ".json") list.push_back(file.path());
  if (code || list.empty())
    return Error{Fault::invalid, "catalogue.folder", "there are no JSON files in " + folder.string()};
  std::sort(list.begin(), list.end());
  return list;
}

result<json::value> assemble(const fs::path& folder, const fs::path& certificates, std::uint64_t serial) {
  json::object catalogue{{"serial", serial}};
  auto departments = read_json(folder / "departments.json");
  if (!departments) return departments.error();
  if (!departments->is_array()) return Error{Fault::invalid, "catalogue.department", "departments.json is a list"};
  for (auto& department : departments->as_array()) {
    const auto* id = department.is_object() ? department.as_object().if_contains("id") : nullptr;
    if (!id || !id->is_string()) return Error{Fault::invalid, "catalogue.department", "each department has an id"};
    auto chain = crypto::Certificate::all_from_pem_file(
        (certificates / ("department-" + std::string(id->as_string()) + ".pem")).string());
    if (!chain) return chain.error();
    department.as_object()["certificate"] = to_base64(chain->front().der());
  }
  catalogue["departments"] = *departments;
  auto items = json_files(folder / "items");
  if (!items) return items.error();
  json::array list;
  for (const auto& file : *items) {
    auto item = read_json(file);
    if (!item) return item.error();
    // Told with the item's own file, which is where the mistake is to be mended.
    if (auto parsed = catalogue::parse_item(*item); !parsed)
      return Error{Fault::invalid, parsed.error().code, at_line(file, parsed.error().field, parsed.error().detail)};
    list.push_back(std::move(*item));
  }
  catalogue["items"] = std::move(list);
  auto years = json_files(folder / "calendar");
  if (!years) return years.error();
  json::object calendar;
  for (const auto& file : *years) {
    auto year = read_json(file);
    if (!year) return year.error();
    calendar[file.stem().string()] = std::move(*year);
  }
  catalogue["calendar"] = {{"years", std::move(calendar)}};
  return catalogue;
}

}  // namespace

std::string Commands::mistake(const Error& error) const {
  const auto said = printable(error.detail);  // it may hold what stands in the file of somebody else
  return all_words().say_or(said, "mistake." + error.code, language_, {{"said", said}}) + " [" + error.code + "]";
}

int Commands::unusable(const Error& error) const {
  std::cerr << mistake(error) << "\n";
  return 2;
}

int Commands::build_catalogue(const std::string& folder, const std::string& certificates, std::uint64_t serial,
                              const std::string& output) const {
  auto whole = assemble(folder, certificates, serial);
  if (!whole) return unusable(whole.error());
  const auto text = json::serialize(*whole);
  auto parsed = catalogue::parse_catalogue(text);
  if (!parsed) return unusable(parsed.error());
  if (auto ok = files::write_durably(fs::absolute(output), bytes_of(text)); !ok) return unusable(ok.error());
  std::cout << all_words().say("built", language_,
                               {{"file", output},
                                {"serial", parsed->serial},
                                {"departments", parsed->departments.size()},
                                {"items", parsed->items.size()},
                                {"bytes", text.size()}})
            << "\n";
  return 0;
}

int Commands::check_catalogue(const std::string& file) const {
  auto text = files::read_text(file);
  if (!text) return unusable(text.error());
  auto parsed = catalogue::parse_catalogue(*text);
  if (!parsed) {
    std::cout << file << ": " << mistake(parsed.error()) << "\n";
    return 1;
  }
  std::cout << all_words().say("good", language_, {{"file", file}, {"items", parsed->items.size()}}) << "\n";
  return 0;
}

int Commands::sign_file(const std::string& file, const std::string& pkcs12, const std::string& passphrase_file,
                        const std::string& output) const {
  auto content = files::read(file, 64 << 20), p12 = files::read(pkcs12, 1 << 20);
  auto passphrase = files::read_text(passphrase_file, 4096);
  if (!content) return unusable(content.error());
  if (!p12) return unusable(p12.error());
  if (!passphrase) return unusable(passphrase.error());
  while (passphrase->ends_with('\n')) passphrase->pop_back();
  auto identity = crypto::identity_from_pkcs12(*p12, *passphrase);
  if (!identity) return unusable(identity.error());
  auto signature = crypto::cms_sign(*content, identity->key, identity->certificate, identity->chain);
  if (!signature) return unusable(signature.error());
  if (auto ok = files::write_durably(fs::absolute(output), *signature); !ok) return unusable(ok.error());
  std::cout << all_words().say("signed", language_, {{"file", output}, {"signer", identity->certificate.common_name()}})
            << "\n";
  return 0;
}

int Commands::check_form(const std::string& schema_file, const std::string& data_file, bool as_json) const {
  auto schema = read_json(schema_file), data = read_json(data_file);
  if (!schema) return unusable(schema.error());
  if (!data) return unusable(data.error());
  const json::value* rules = &*schema;
  std::string place;
  if (const auto* inner = catalogue::find_pointer(*schema, "/form/schema")) {
    rules = inner;
    place = "/form/schema";
  }
  auto compiled = catalogue::FormSchema::compile(*rules);
  if (!compiled)
    return unusable({Fault::invalid, compiled.error().code,
                     at_line(schema_file, place + compiled.error().field, compiled.error().detail)});
  const auto findings = compiled->check(*data);
  if (as_json) {
    std::cout << json::serialize(catalogue::to_json(findings)) << "\n";
  } else {
    for (const auto& f : findings)
      std::cout << (f.pointer.empty() ? "/" : f.pointer) << "  " << f.rule
                << (f.params.empty() ? "" : "  " + json::serialize(f.params)) << "\n";
  }
  return findings.empty() ? 0 : 1;
}

}  // namespace jindu::admin
