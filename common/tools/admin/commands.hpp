#pragma once
// What jindu-admin does; main.cpp reads the command line.
#include <cstdint>
#include <string>

#include "common/runtime/language.hpp"
#include "common/runtime/result.hpp"

namespace jindu::admin {

// Each speaks in the language of who reads it and returns the exit code.
class Commands {
 public:
  explicit Commands(Language language) : language_(language) {}

  // Puts departments, items and calendar of a folder together, with the departments' certificates from `certificates`
  // (department-<id>.pem), and checks the whole as portal and approval will.
  int build_catalogue(const std::string& folder, const std::string& certificates, std::uint64_t serial,
                      const std::string& output) const;
  int check_catalogue(const std::string& file) const;
  // CMS, detached, by the catalogue editor.
  int sign_file(const std::string& file, const std::string& pkcs12, const std::string& passphrase_file,
                const std::string& output) const;
  // Exactly the findings that portal and workbench show. Exit code 0: none, 1: findings, 2: unusable input. `schema` is
  // a schema or a whole service item.
  int check_form(const std::string& schema, const std::string& data, bool as_json) const;

 private:
  std::string mistake(const Error& error) const;
  int unusable(const Error& error) const;

  Language language_;
};

}  // namespace jindu::admin
