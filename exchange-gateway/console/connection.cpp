#include "exchange-gateway/console/connection.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/crypto/certificate.hpp"
#include "common/runtime/files.hpp"

namespace jindu::gateway {
namespace {

constexpr std::size_t kFileMax = 1024 * 1024;

result<boost::json::value> json_of(const result<http::Answer>& answer) {
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok) return ok.error();
  if (answer->body.empty()) return boost::json::value();
  boost::system::error_code code;
  auto value = boost::json::parse(text_of(answer->body), code);
  if (code) return Error{Fault::internal, "ctl.answer", "the answer is not understood; is this the console's address?"};
  return value;
}

}  // namespace

ConsoleConnection::MemoryFile::MemoryFile(std::string_view text) : number_(::memfd_create("jindu", MFD_CLOEXEC)) {
  for (std::size_t done = 0; number_ >= 0 && done < text.size();) {
    const auto count = ::write(number_, text.data() + done, text.size() - done);
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
}

ConsoleConnection::MemoryFile::~MemoryFile() {
  if (number_ >= 0) ::close(number_);
}

std::string query_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (plain)
      escaped += c;
    else
      escaped += "%" + to_hex(bytes_of(std::string_view(&c, 1)));
  }
  return escaped;
}

result<std::unique_ptr<ConsoleConnection>> ConsoleConnection::open(const ConsoleAddress& a) {
  if (a.url.empty() || a.ca.empty())
    return Error{Fault::invalid, "ctl.address",
                 "say where the console is and whom to trust: --url https://ADDRESS:7002 --ca root.pem, or "
                 "JINDU_CONSOLE_URL and JINDU_CONSOLE_CA"};
  if (a.p12.empty() && (a.certificate.empty() || a.private_key.empty()))
    return Error{Fault::invalid, "ctl.identity",
                 "say who you are: --p12 ME.p12 --passphrase-file FILE, or --cert ME.pem --key ME.key"};
  std::unique_ptr<ConsoleConnection> c(new ConsoleConnection);
  http::ClientOptions options;
  options.base_url = a.url;
  options.ca_file = a.ca;
  if (a.p12.empty()) {
    options.certificate_file = a.certificate;
    options.private_key_file = a.private_key;
    options.private_key_passphrase_file = a.passphrase_file;
  } else {
    auto file = files::read(a.p12, kFileMax);
    if (!file) return file.error();
    std::string passphrase;
    if (!a.passphrase_file.empty()) {
      auto text = files::read_text(a.passphrase_file, 4096);
      if (!text) return text.error();
      passphrase = *text;
      while (passphrase.ends_with('\n')) passphrase.pop_back();
    }
    auto identity = crypto::identity_from_pkcs12(*file, passphrase);
    if (!identity) return identity.error();
    auto chain = identity->certificate.pem();
    for (const auto& one : identity->chain) chain += one.pem();
    c->certificate_ = std::make_unique<MemoryFile>(chain);
    c->key_ = std::make_unique<MemoryFile>(identity->key.to_pem());
    options.certificate_file = c->certificate_->path();
    options.private_key_file = c->key_->path();
  }
  c->client_.emplace(std::move(options));
  return c;
}

result<boost::json::value> ConsoleConnection::get(const std::string& path) {
  return json_of(client_->send("GET", path));
}

result<Bytes> ConsoleConnection::bytes(const std::string& path) {
  auto answer = client_->send("GET", path);
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok) return ok.error();
  return std::move(answer->body);
}

result<boost::json::value> ConsoleConnection::post(const std::string& path, const boost::json::object& body) {
  const auto text = boost::json::serialize(body);
  return json_of(client_->send("POST", path, bytes_of(text), "application/json"));
}

}  // namespace jindu::gateway
