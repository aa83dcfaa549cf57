#include "common/mail/smtp.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "common/runtime/bytes.hpp"

namespace jindu::mail {
namespace {

// A mail server for one letter: refuses with 550 whom it does not know.
class OneLetter {
 public:
  explicit OneLetter(std::string known) : known_(std::move(known)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    server.url = "smtp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    server.tls_required = false;
    server.from = "unit@example.org";
    thread_ = std::thread([this] { serve(); });
  }
  ~OneLetter() {
    end();
    ::close(listener_);
  }
  OneLetter(const OneLetter&) = delete;
  void operator=(const OneLetter&) = delete;
  void end() {
    if (thread_.joinable()) thread_.join();
  }

  Server server;
  std::vector<std::string> taken_for;
  std::string letter;

 private:
  void serve() {
    const int line = ::accept(listener_, nullptr, nullptr);
    const auto say = [&](const std::string& text) { (void)!::write(line, text.data(), text.size()); };
    say("220 test\r\n");
    std::string unread;
    bool in_letter = false;
    char bytes[4096];
    for (ssize_t read = 0; (read = ::read(line, bytes, sizeof bytes)) > 0;) {
      unread.append(bytes, static_cast<std::size_t>(read));
      for (auto end = unread.find("\r\n"); end != std::string::npos; end = unread.find("\r\n")) {
        const auto text = unread.substr(0, end);
        unread.erase(0, end + 2);
        if (in_letter && text != ".") {
          letter += text + "\n";
          continue;
        }
        if (in_letter) {
          in_letter = false;
          say("250 kept\r\n");
        } else if (text.starts_with("EHLO")) {
          say("250-test\r\n250 SIZE 100000\r\n");
        } else if (text.starts_with("RCPT TO:")) {
          const bool takes = text.find(known_) != std::string::npos;
          if (takes) taken_for.push_back(text);
          say(takes ? "250 ok\r\n" : "550-there is\r\n550 nobody of this name\r\n");
        } else if (text == "DATA") {
          in_letter = true;
          say("354 go on\r\n");
        } else {
          say(text == "QUIT" ? "221 bye\r\n" : "250 ok\r\n");
        }
      }
    }
    ::close(line);
  }

  std::string known_;
  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::thread thread_;
};

}  // namespace

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

TEST_CASE("an address that the mail server refuses is named, and keeps the letter from nobody else") {
  const std::atomic<bool> cancelled = false;
  OneLetter post("duty@");
  const auto refused =
      send(post.server, {"gone@example.org", "duty@example.org", "away@example.org"}, "x\r\n", cancelled);
  post.end();
  REQUIRE(refused);
  REQUIRE(refused->size() == 2);
  CHECK(refused->at(0).address == "gone@example.org");
  CHECK(refused->at(0).answer == 550);
  CHECK(refused->at(1).address == "away@example.org");
  CHECK(post.taken_for.size() == 1);
  CHECK(post.letter == "x\n");
}

TEST_CASE("where a mail server refuses everybody, all are named and nothing is sent") {
  const std::atomic<bool> cancelled = false;
  OneLetter post("nobody@");
  const auto refused = send(post.server, {"a@example.org", "b@example.org"}, "x\r\n", cancelled);
  post.end();
  REQUIRE(refused);
  CHECK(refused->size() == 2);
  CHECK(post.letter.empty());
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
