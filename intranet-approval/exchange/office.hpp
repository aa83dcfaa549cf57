#pragma once
// What every part of the approval service works with: database, keys, whom to trust, the catalogue in force.
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/catalogue/catalogue.hpp"
#include "common/evidence/signed.hpp"
#include "common/storage/database.hpp"
#include "intranet-approval/domain/cases/procedure.hpp"
#include "intranet-approval/inspection/inspector.hpp"

namespace jindu::approval {

struct OfficeOptions {
  std::string portal;             // node name of the portal
  std::string portal_public_url;  // base of the address in QR codes
  std::string data_directory;
};

class Office {
 public:
  Office(storage::Database& storage, evidence::NodeSigner signer, evidence::NodeTrust nodes,
         crypto::TrustStore trusted_applicants, crypto::TrustStore trusted_officials,
         std::map<std::string, crypto::Identity> department_keys, inspection::Inspector inspection,
         OfficeOptions settings)
      : database(storage),
        node(std::move(signer)),
        trust(std::move(nodes)),
        applicants(std::move(trusted_applicants)),
        officials(std::move(trusted_officials)),
        departments(std::move(department_keys)),
        inspector(std::move(inspection)),
        options(std::move(settings)) {}

  storage::Database& database;
  const evidence::NodeSigner node;
  const evidence::NodeTrust trust;
  const crypto::TrustStore applicants;
  const crypto::TrustStore officials;
  const std::map<std::string, crypto::Identity> departments;  // by department id: open dossiers, seal documents
  const inspection::Inspector inspector;
  const OfficeOptions options;

  Instant now() const { return SystemClock().now(); }

  // The release in force; null before the first. Read anew when another process has published.
  std::shared_ptr<const catalogue::Catalogue> catalogue(storage::Transaction& t);
  // The version a dossier is pinned to; null when it was never published. Versions never change, so they are kept.
  std::shared_ptr<const catalogue::Item> item(storage::Transaction& t, const std::string& id, int version);

  std::string upload_path(std::string_view declaration_id, std::string_view upload_id) const;
  std::string scratch_path() const;  // a new name for something opened that is deleted again
  // Where an opened material is kept for a short while, so that reading on in it does not open it each time.
  std::string opened_path(std::string_view case_id, int material) const;
  // Deletes what was opened before that; at start all.
  void forget_opened(std::chrono::minutes kept) const;

 private:
  std::mutex mutex_;
  std::shared_ptr<const catalogue::Catalogue> catalogue_;
  std::map<std::pair<std::string, int>, std::shared_ptr<const catalogue::Item>> items_;
};

Procedure procedure_of(const catalogue::Item& item);

}  // namespace jindu::approval
