#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

#include "intranet-approval/inspection/inspector.hpp"

namespace jindu::approval::inspection {
namespace {

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error away(const std::string& what) { return {Fault::unavailable, "inspection.scanner_away", what}; }

bool send_all(int socket, const char* data, std::size_t size) {
  while (size > 0) {
    const auto count = ::send(socket, data, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

result<std::string> scan_with_clamd(const std::string& path, const std::filesystem::path& file) {
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return away("the scanner's socket has too long a name");
  path.copy(address.sun_path, path.size());
  const timeval patience{120, 0};
  ::setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return away("the scanner does not answer");
  Descriptor source{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (source.number < 0) return Error{Fault::internal, "inspection.unreadable", "the file cannot be read"};
  if (!send_all(socket.number, "zINSTREAM", 10)) return away("the scanner hung up");
  std::array<char, 4 + 256 * 1024> buffer;
  for (;;) {
    const auto count = ::read(source.number, buffer.data() + 4, buffer.size() - 4);
    if (count < 0) return Error{Fault::internal, "inspection.unreadable", "the file cannot be read"};
    const auto length = static_cast<std::uint32_t>(count);
    for (int i = 0; i < 4; ++i) buffer[static_cast<std::size_t>(i)] = static_cast<char>(length >> (8 * (3 - i)));
    if (!send_all(socket.number, buffer.data(), 4 + length))
      break;  // it may have found something already: read its answer
    if (count == 0) break;
  }
  std::string answer;
  for (;;) {
    const auto count = ::recv(socket.number, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  while (!answer.empty() && (answer.back() == '\0' || answer.back() == '\n')) answer.pop_back();
  constexpr std::string_view prefix = "stream: ";
  if (answer == "stream: OK") return std::string{};
  if (answer.starts_with(prefix) && answer.ends_with(" FOUND"))
    return answer.substr(prefix.size(), answer.size() - prefix.size() - 6);
  return away("the scanner answers: " + answer.substr(0, 200));
}

}  // namespace jindu::approval::inspection
