#include "common/mail/smtp.hpp"

#include <catch2/catch.hpp>

#include "common/runtime/bytes.hpp"

namespace jindu::mail {

TEST_CASE("an address cannot bring further lines, addresses or headers") {
  CHECK(is_address("duty@example.org"));
  for (const auto* bad : {"", "duty", "@example.org", "duty@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>", "a@b,c@d"})
    CHECK_FALSE(is_address(bad));
}

TEST_CASE("a letter in Chinese is plain ASCII on the way, in short lines, and whole") {
  Letter letter{"1@unit", "unit@example.org", {"a@example.org", "b@example.org"}, from_unix_ms(1'780'000'000'123), {},
                {}};
  for (int i = 0; i < 30; ++i) letter.subject += "通道超时 ";
  letter.text = "第一行\nsecond line\n";
  const auto message = compose(letter);
  CHECK(message.find("Date: Thu, 28 May 2026 20:26:40 +0000\r\n") != std::string::npos);
  CHECK(message.find("To: <a@example.org>,\r\n <b@example.org>\r\n") != std::string::npos);
  CHECK(message.find("Message-ID: <1@unit>\r\n") != std::string::npos);
  std::string subject;
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    REQUIRE(line.ends_with('\r'));
    CHECK(line.size() <= 79);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
    const auto begin = line.find("=?UTF-8?B?");
    if (begin == std::string::npos) continue;
    const auto word = from_base64(line.substr(begin + 10, line.find("?=", begin + 10) - begin - 10));
    REQUIRE(word);
    CHECK((word->front() & 0xc0) != 0x80);  // whole signs
    subject += text_of(*word);
  }
  CHECK(subject == letter.subject);
  auto body = message.substr(message.find("\r\n\r\n") + 4);
  std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
  CHECK(std::string(text_of(from_base64(body).value())) == letter.text);
}

TEST_CASE("a mail server that is not there is said to be unreachable") {
  const std::atomic<bool> cancelled = false;
  Server server;
  server.url = "smtp://127.0.0.1:1";
  server.from = "unit@example.org";
  const auto sent = send(server, {"a@example.org"}, "x", cancelled);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == "mail.unreachable");
}

}  // namespace jindu::mail
