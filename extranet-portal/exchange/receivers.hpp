#pragma once
// What reaches the portal from the intranet: catalogue, status, notices and document records; and what becomes of what
// the portal sent.
#include <map>
#include <string>
#include <vector>

#include "common/crypto/cms.hpp"
#include "common/exchange/service/exchange.hpp"

namespace jindu::portal::exchange {

// Who may edit the catalogue, and whom departments' certificates chain to.
struct EditorTrust {
  crypto::TrustStore editors;
  std::vector<std::string> names;  // Common Names; empty: everybody the CA above names
  crypto::TrustStore departments;
  std::vector<crypto::Certificate> intermediates;
};

// Each is a Receiver of the exchange. Fault::unavailable is tried again; every other error refuses the bundle.
result<jindu::exchange::Effects> receive_catalogue(const EditorTrust& trust, const jindu::exchange::Incoming& incoming,
                                                   Instant now);
result<jindu::exchange::Effects> receive_status(const jindu::exchange::Incoming& incoming, Instant now);
result<jindu::exchange::Effects> receive_notice(const jindu::exchange::Incoming& incoming);
result<jindu::exchange::Effects> receive_document(const jindu::exchange::Incoming& incoming);

// All of them, by kind.
std::map<std::string, jindu::exchange::Receiver> receivers(const EditorTrust& trust, const Clock& clock);

// A new rung of something the portal sent: the dossier is under way; or it or one of its materials was stopped there;
// or all has arrived and its files can go.
void note_progress(storage::Transaction& tx, const jindu::exchange::Progress& progress);
// Something of a declaration is sent anew, in the same transaction: it is as when it was submitted, unless there is
// more that was stopped.
void note_sent_anew(storage::Transaction& tx, const std::string& declaration_id, Instant now);

}  // namespace jindu::portal::exchange
