#pragma once
// The network between the simulated processes, in place of sockets and TLS: requests and answers are lost, late, cut
// off, doubled or clogged. Who asks is known by certificate, as with TLS; what is sent arrives unchanged or not at all,
// except bodies of bundles, which may be damaged: those carry their own protection.
#include <map>
#include <set>
#include <string>

#include "common/http/server.hpp"
#include "tests/sim/machine/kernel.hpp"

namespace jindu::sim {

struct NetworkFaults {
  double request_lost = 0;
  double answer_lost = 0;
  double doubled = 0;
  double damaged = 0;
  double datagram_lost = 0;
  std::chrono::milliseconds slow{2};  // mean delay of one way
};

class Network {
 public:
  explicit Network(Kernel& kernel);
  ~Network();
  static Network& active();

  NetworkFaults faults;
  // Who has which certificate, DER, by the file name that the configuration gives.
  void know(const std::string& file, Bytes certificate) { certificates_[file] = std::move(certificate); }
  void cut(const std::string& a, const std::string& b);
  void heal_all();
  bool cut_off(const std::string& a, const std::string& b) const;
  // One way only: the path of a diode.
  void silence(const std::string& from, const std::string& to);
  void let_speak(const std::string& from, const std::string& to) { silent_.erase({from, to}); }
  bool is_silent(const std::string& from, const std::string& to) const { return silent_.contains({from, to}); }
  // What passes to and from a clogged process waits until it is free again.
  void clog(const std::string& process) { clogged_.insert(process); }
  void free(const std::string& process);

  Kernel& kernel() { return kernel_; }
  struct Listener {
    Process* process;
    int start;  // of the process
    std::shared_ptr<std::function<http::Response(http::Request&, const std::string&)>> answer;
  };
  std::map<std::string, Listener> listeners;  // by "address:port"
  const Bytes* certificate(const std::string& file) const;
  void pass(const std::string& from, const std::string& to);  // delays the fiber

 private:
  Kernel& kernel_;
  std::map<std::string, Bytes> certificates_;
  std::set<std::pair<std::string, std::string>> cut_;
  std::set<std::pair<std::string, std::string>> silent_;
  std::set<std::string> clogged_;
};

}  // namespace jindu::sim
