#include "common/evidence/saved_statements.hpp"

#include <boost/json/parse.hpp>

namespace jindu::evidence {
namespace {

namespace json = boost::json;

constexpr std::size_t kStatementsMax = 10'000, kIntermediatesMax = 100;

const json::value* member(const json::value& value, const char* name) {
  return value.is_object() ? value.as_object().if_contains(name) : nullptr;
}

result<std::vector<Bytes>> statements_in(const json::value& value) {
  const Error bad{Fault::invalid, "input.statements", "no list of statements in base64 is in this JSON"};
  const json::value* list = value.is_array() ? &value : nullptr;
  for (const char* name : {"receipts", "events", "history", "statements"})
    if (!list) list = member(value, name);
  if (!list || !list->is_array() || list->as_array().size() > kStatementsMax) return bad;
  std::vector<Bytes> all;
  for (const auto& entry : list->as_array()) {
    const json::value* encoded = &entry;
    if (const auto* receipt = member(entry, "receipt")) encoded = receipt;
    if (const auto* statement = member(entry, "signed")) encoded = statement;
    if (!encoded->is_string()) return bad;
    auto bytes = from_base64(encoded->as_string());
    if (!bytes) return bad;
    all.push_back(std::move(*bytes));
  }
  return all;
}

result<std::vector<crypto::Certificate>> intermediates_in(const json::value& value) {
  std::vector<crypto::Certificate> all;
  const auto* list = member(value, "intermediates");
  if (!list) return all;
  const Error bad{Fault::invalid, "input.intermediates",
                  "what stands under intermediates are not certificates in base64"};
  if (!list->is_array() || list->as_array().size() > kIntermediatesMax) return bad;
  for (const auto& one : list->as_array()) {
    const auto der = one.is_string() ? from_base64(one.as_string()) : result<Bytes>(bad);
    auto certificate = der ? crypto::Certificate::from_der(*der) : result<crypto::Certificate>(bad);
    if (!certificate) return bad;
    all.push_back(std::move(*certificate));
  }
  return all;
}

}  // namespace

result<SavedStatements> saved_statements(BytesView file) {
  const auto text = text_of(file);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '['))
    return SavedStatements{{Bytes(file.begin(), file.end())}};
  boost::system::error_code code;
  const auto value = json::parse(text, code);  // null where it is no JSON, which has no list
  auto statements = statements_in(value);
  if (!statements) return statements.error();
  auto intermediates = intermediates_in(value);
  if (!intermediates) return intermediates.error();
  return SavedStatements{std::move(*statements), std::move(*intermediates)};
}

}  // namespace jindu::evidence
