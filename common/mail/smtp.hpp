#pragma once
// Hands letters to one mail server by SMTP, for people who must know of something. Blocking.
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/result.hpp"

namespace jindu::mail {

struct Server {
  std::string url;                 // "smtp://10.0.0.25:587"; "smtps://…": TLS from the first byte
  bool tls_required = true;        // smtp://: STARTTLS, or nothing is said
  std::string ca_file = {};        // PEM; empty: the system's
  std::string user = {};           // empty: without
  std::string password_file = {};  // its first line
  std::string from;
  std::chrono::milliseconds timeout{30'000};  // for one letter
};

struct Letter {
  std::string id;  // unique: with it a reader's program recognises the same letter that came twice
  std::string from;
  std::vector<std::string> to;
  Instant at{};
  std::string subject, text;  // UTF-8
};

// "name@example.org": one sign @, and nothing that could end a line or an address.
bool is_address(std::string_view text);
// RFC 5322, marked as written by a program (RFC 3834).
std::string compose(const Letter& letter);

struct Refused {
  std::string address;
  int answer = 0;  // of the mail server
};

// One message to all of these. Gives those whom the server has refused, perhaps all: the others have it. Codes:
// mail.unreachable, mail.tls, mail.login, mail.refused, mail.cancelled.
result<std::vector<Refused>> send(const Server& server, const std::vector<std::string>& to, std::string_view message,
                                  const std::atomic<bool>& cancelled);

}  // namespace jindu::mail
