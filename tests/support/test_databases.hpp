#pragma once
// Fresh databases for a test: one SQLite file, and one database in a PostgreSQL 15 of the test program's own, so that
// what is tested holds in both. Where PostgreSQL is not installed, JINDU_WITHOUT_POSTGRES=1 must say that this is
// known.
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "common/storage/database.hpp"

namespace jindu {

// A server without network, on a socket in a folder that goes away with it.
class TestPostgres {
 public:
  TestPostgres() {
    char name[] = "/tmp/jindu-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    if (::geteuid() == 0) {  // PostgreSQL refuses to run as root
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("no user postgres");
      as_ = "setpriv --reuid postgres --regid postgres --init-groups ";
    }
    const std::string log = " >" + folder_ + "/log 2>&1";
    run("cd " + folder_ + " && " + as_ + kBin + "initdb -D " + data() +
        " -U test -A trust -E UTF8 --locale=C.UTF-8 --no-sync" + log);
    const std::string serve = "cd " + folder_ + " && exec " + (as_.empty() ? "setpriv " : as_) + "--pdeathsig QUIT " +
                              kBin + "postgres -D " + data() + " -k " + folder_ +
                              " -c listen_addresses= -c fsync=off >" + folder_ + "/log 2>&1";
    server_ = ::fork();
    if (server_ == 0) {
      ::execl("/bin/sh", "sh", "-c", serve.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 400; ++i) {
      if (std::system((std::string(kBin) + "pg_isready -q -h " + folder_).c_str()) == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    give_up("the server does not answer");
  }
  ~TestPostgres() {
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;

  std::string new_database() {
    const std::string name = "t" + std::to_string(++made_);
    run(std::string(kBin) + "createdb -h " + folder_ + " -U test " + name);
    return "postgresql://test@/" + name + "?host=" + folder_ + "&options=-c%20client_min_messages%3Dwarning";
  }

  static bool installed() { return ::access("/usr/lib/postgresql/15/bin/postgres", X_OK) == 0; }

 private:
  static constexpr const char* kBin = "/usr/lib/postgresql/15/bin/";
  std::string data() const { return folder_ + "/data"; }
  [[noreturn]] static void give_up(const std::string& why) {
    std::cerr << "PostgreSQL for tests: " << why << '\n';
    std::abort();
  }
  static void run(const std::string& command) {
    if (std::system(command.c_str()) != 0) give_up("failed: " + command);
  }
  std::string folder_;
  std::string as_;
  pid_t server_ = -1;
  int made_ = 0;
};

// A fresh file in a folder that goes away with the process.
inline std::string new_sqlite_url() {
  struct Folder {
    std::string path;
    Folder() {
      char name[] = "/tmp/jindu-test-XXXXXX";
      path = ::mkdtemp(name);
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static Folder folder;
  static int made = 0;
  return "sqlite:" + folder.path + "/" + std::to_string(++made) + ".sqlite";
}

inline std::vector<std::unique_ptr<storage::Database>> test_databases() {
  std::vector<std::unique_ptr<storage::Database>> all;
  all.push_back(storage::Database::open(new_sqlite_url(), 4).value());
  if (!TestPostgres::installed()) {
    if (std::getenv("JINDU_WITHOUT_POSTGRES") != nullptr) return all;
    std::cerr << "PostgreSQL 15 is not installed; install postgresql-15 or set JINDU_WITHOUT_POSTGRES=1\n";
    std::abort();
  }
  static TestPostgres server;
  all.push_back(storage::Database::open(server.new_database(), 4).value());
  return all;
}

}  // namespace jindu
