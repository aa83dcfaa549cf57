#pragma once
// From a decided case to its signed paper.
#include "intranet-approval/domain/cases/state.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/store/papers.hpp"

namespace jindu::approval::api {

struct Paper {
  store::Document document;
};

// The PDF without a signature. A state that has no number yet gives a preview: marked as such, without seal and code.
result<Bytes> draw_paper(const Office& office, const CaseState& state, const catalogue::Item& item,
                         const catalogue::Catalogue& catalogue, const Applicant& applicant, Instant now);
// Drawn and sealed with the department's key.
result<Paper> make_paper(const Office& office, const CaseState& state, const catalogue::Item& item,
                         const catalogue::Catalogue& catalogue, const Applicant& applicant, Instant now);

}  // namespace jindu::approval::api
