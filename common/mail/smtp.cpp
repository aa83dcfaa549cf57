#include "common/mail/smtp.hpp"

#include <curl/curl.h>

#include <charconv>
#include <ctime>
#include <memory>
#include <mutex>

#include "common/runtime/bytes.hpp"
#include "common/runtime/files.hpp"

namespace jindu::mail {
namespace {

constexpr std::size_t kLineMax = 76;
// An encoded word has at most 75 bytes, with a header before it a line at most 78, and whole signs only.
constexpr std::size_t kWordBytes = 42;

std::string date_of(Instant at) {
  const auto seconds = static_cast<std::time_t>(to_unix_ms(at) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  // Not by strftime's names, which a locale may change.
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday,
                months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

bool continues_a_sign(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    auto length = std::min(kWordBytes, text.size());
    while (length < text.size() && length > 1 && continues_a_sign(text[length])) --length;
    words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + to_base64(bytes_of(text.substr(0, length))) + "?=";
    text.remove_prefix(length);
  }
  return words;
}

struct Remaining {
  std::string_view text;
  const std::atomic<bool>& cancelled;
};

// Which recipients the server takes is said nowhere but in its answers, one to each command.
struct Conversation {
  std::string asked = {};  // the recipient that has no answer yet
  std::vector<Refused> refused = {};

  void said(std::string_view command) {
    constexpr std::string_view recipient = "RCPT TO:<";
    if (!command.starts_with(recipient)) return;
    command.remove_prefix(recipient.size());
    asked = command.substr(0, command.find('>'));
  }
  void heard(std::string_view line) {
    int answer = 0;
    std::from_chars(line.data(), line.data() + line.size(), answer);
    const bool goes_on = line.size() > 3 && line[3] == '-';
    if (asked.empty() || goes_on) return;
    if (answer / 100 != 2) refused.push_back({asked, answer});
    asked.clear();
  }
};

int listen_to(CURL*, curl_infotype what, char* text, std::size_t size, void* user) {
  auto& conversation = *static_cast<Conversation*>(user);
  if (what == CURLINFO_HEADER_OUT) conversation.said({text, size});
  if (what == CURLINFO_HEADER_IN) conversation.heard({text, size});
  return 0;
}

std::size_t give(char* to, std::size_t, std::size_t most, void* user) {
  auto& left = static_cast<Remaining*>(user)->text;
  const auto count = std::min(most, left.size());
  left.copy(to, count);
  left.remove_prefix(count);
  return count;
}

int look_for_end(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Remaining*>(user)->cancelled ? 1 : 0;
}

Error failure(CURLcode code, long answer) {
  const std::string what = curl_easy_strerror(code);
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return {Fault::unavailable, "mail.cancelled", what};
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return {Fault::unavailable, "mail.tls", what};
    case CURLE_LOGIN_DENIED:
      return {Fault::unavailable, "mail.login", what};
    default:
      break;
  }
  if (answer >= 400)
    return {Fault::unavailable, "mail.refused", "the mail server answered " + std::to_string(answer) + ": " + what};
  return {Fault::unavailable, "mail.unreachable", what};
}

}  // namespace

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 254) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 127 && c != '<' && c != '>' && c != ',' && c != ';' && c != '"';
  });
}

std::string compose(const Letter& letter) {
  std::string to;
  for (const auto& one : letter.to) to += (to.empty() ? "<" : ",\r\n <") + one + ">";
  std::string message = "Date: " + date_of(letter.at) + "\r\nFrom: <" + letter.from + ">\r\nTo: " + to +
                        "\r\nSubject: " + encoded_words(letter.subject) + "\r\nMessage-ID: <" + letter.id +
                        ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                        "charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const auto body = to_base64(bytes_of(letter.text));
  for (std::size_t at = 0; at < body.size(); at += kLineMax) message += body.substr(at, kLineMax) + "\r\n";
  return message;
}

result<std::vector<Refused>> send(const Server& server, const std::vector<std::string>& to, std::string_view message,
                                  const std::atomic<bool>& cancelled) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  std::string password;
  if (!server.password_file.empty()) {
    auto text = files::read_text(server.password_file, 4096);
    if (!text) return text.error();
    password = text->substr(0, text->find('\n'));
  }
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(), curl_easy_cleanup);
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> recipients(nullptr, curl_slist_free_all);
  for (const auto& one : to) recipients.reset(curl_slist_append(recipients.release(), ("<" + one + ">").c_str()));
  Remaining remaining{message, cancelled};
  Conversation conversation;
  auto* h = handle.get();
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(h, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(h, CURLOPT_USE_SSL, static_cast<long>(server.tls_required ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(h, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!server.ca_file.empty()) curl_easy_setopt(h, CURLOPT_CAINFO, server.ca_file.c_str());
  if (!server.user.empty()) {
    curl_easy_setopt(h, CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(h, CURLOPT_PASSWORD, password.c_str());
  }
  const auto from = "<" + server.from + ">";
  curl_easy_setopt(h, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(h, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(h, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // written so until curl 8.2, and known since
  curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);                // to the function alone
  curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, &listen_to);
  curl_easy_setopt(h, CURLOPT_DEBUGDATA, &conversation);
  curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(h, CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(h, CURLOPT_READDATA, &remaining);
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, &look_for_end);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, &remaining);
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  const auto code = curl_easy_perform(h);
  if (code == CURLE_OK || (!to.empty() && conversation.refused.size() == to.size()))
    return std::move(conversation.refused);
  long answer = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &answer);
  return failure(code, answer);
}

}  // namespace jindu::mail
