#pragma once
// Who acts on the intranet: a registered official, known by the certificate that opened the connection.
#include <set>
#include <string>

namespace jindu::approval {

struct Official {
  std::string fingerprint;  // SHA-256 of the certificate's DER, lower-case hex
  std::string name;
  std::string department;       // department id of the catalogue
  std::set<std::string> roles;  // words that workflows name, and those of the service itself below

  bool has(const std::string& role) const { return roles.contains(role); }
};

// Roles that the service itself knows; all others are named by the workflows of service items.
inline constexpr const char* kRoleCatalogueEditor = "catalogue_editor";
inline constexpr const char* kRoleOverview = "overview";
inline constexpr const char* kRoleLeader = "leader";  // of a department: sees its cases without acting on them

}  // namespace jindu::approval
