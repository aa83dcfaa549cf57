#pragma once
// What the intranet tells the portal, enqueued in the transaction in which it became true.
#include <jindu/v1/payload.pb.h>

#include "common/exchange/service/exchange.hpp"
#include "intranet-approval/exchange/office.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "intranet-approval/store/papers.hpp"
#include "intranet-approval/store/releases.hpp"

namespace jindu::approval {

// In the clear: what status, clocks and routing need.
void send_status(storage::Transaction& t, const store::CaseRow& row, Instant at, int working_days_left);
// Sealed to the applicant; fills in declaration, notice id, kind and time, and keeps a copy.
void send_notice(storage::Transaction& t, const crypto::PublicKey& applicant, jindu::v1::NoticeContent content,
                 Instant at);
void send_document_record(storage::Transaction& t, const store::Document& document, const std::string& case_id,
                          const std::string& item_id, const catalogue::Localised& department);
void send_catalogue(storage::Transaction& t, const store::Release& release, const catalogue::Catalogue& catalogue);

}  // namespace jindu::approval
