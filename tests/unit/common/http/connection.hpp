#pragma once
// A client that says exactly what a test wants to be said, byte by byte, and waits no longer than a deadline for
// answers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace jindu::http::test {

struct RawAnswer {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  std::string code() const { return std::string(boost::json::parse(body).at("code").as_string()); }
};

class Connection {
 public:
  explicit Connection(std::uint16_t port, const char* from = "127.0.0.1")
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in here{AF_INET, 0, {::inet_addr(from)}, {}};
    const bool bound = ::bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
    sockaddr_in there{AF_INET, htons(port), {::inet_addr("127.0.0.1")}, {}};
    connected_ = bound && ::connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
  }
  virtual ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }
  virtual bool say(std::string_view text) { return send(text); }
  // One answer; status 0 when the connection ends before it is whole.
  RawAnswer answer(bool of_head = false) {
    RawAnswer a;
    for (;;) {
      const auto end = got_.find("\r\n\r\n");
      if (end != std::string::npos) {
        read_head(a, got_.substr(0, end + 2));
        got_.erase(0, end + 4);
        break;
      }
      if (!more()) return {};
    }
    const auto length = of_head || a.status == 204 || a.status == 304 || a.status == 100
                            ? 0
                            : std::stoul("0" + a.header("content-length"));
    while (got_.size() < length)
      if (!more()) return {};
    a.body = got_.substr(0, length);
    got_.erase(0, length);
    return a;
  }
  RawAnswer ask(std::string_view text) {
    say(text);
    return answer();
  }
  RawAnswer get(const std::string& path, const std::string& headers = {}) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
  }
  // Whether the other side ends the connection, with nothing said any more, before the deadline.
  bool ends() {
    while (more()) {
    }
    return ended_ && got_.empty();
  }
  // In how many pieces came all that was heard.
  int pieces() const { return pieces_; }
  void done_saying() { ::shutdown(socket_, SHUT_WR); }

 protected:
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // What has come; empty when nothing does before the deadline, or at the end.
  std::string receive() {
    char buffer[65536];
    const auto count = ::recv(socket_, buffer, sizeof buffer, 0);
    // A reset is an end too: the server closes while something of ours is unread.
    if (count == 0 || (count < 0 && errno == ECONNRESET)) ended_ = true;
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }
  virtual std::string hear() { return receive(); }

 private:
  bool more() {
    const auto heard = hear();
    if (heard.empty()) return false;
    ++pieces_;
    got_.append(heard);
    return true;
  }
  static void read_head(RawAnswer& a, std::string_view head) {
    a.status = std::stoi(std::string(head.substr(head.find(' ') + 1, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto end = head.find("\r\n"), colon = head.find(':');
      std::string name(head.substr(0, colon));
      for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      a.headers.emplace(name, std::string(head.substr(colon + 2, end - colon - 2)));
      head.remove_prefix(end + 2);
    }
  }

  int socket_, pieces_ = 0;
  bool connected_ = false, ended_ = false;
  std::string got_;
};

}  // namespace jindu::http::test
