#pragma once
// What a person reads of the console's answers: one page for each. A page gives the exit code: 0, or kToLookAfter.
#include <boost/json/object.hpp>

#include "exchange-gateway/voice.hpp"

namespace jindu::gateway {

inline constexpr int kToLookAfter = 3;

namespace pages {

using Answer = boost::json::object;

int overview(const Voice& voice, const Answer& answer);
int alarms(const Voice& voice, const Answer& answer);
int bundles(const Voice& voice, const Answer& answer);
int bundle(const Voice& voice, const Answer& answer);
int held(const Voice& voice, const Answer& answer);
int decided(const Voice& voice, const Answer& answer);
int quarantine(const Voice& voice, const Answer& answer);
int quarantined(const Voice& voice, const Answer& answer);
int dismissed(const Voice& voice, const Answer& answer);
int retried(const Voice& voice, const Answer& answer);
int voyages(const Voice& voice, const Answer& answer);
int voyage_started(const Voice& voice, const Answer& answer);
int epoch(const Voice& voice, const Answer& answer);
int epoch_approved(const Voice& voice, const Answer& answer);
int reconciliation(const Voice& voice, const Answer& answer);
int reconciliation_asked(const Voice& voice, const Answer& answer);
int stretch(const Voice& voice, const Answer& answer);
int log(const Voice& voice, const Answer& answer);
int policy(const Voice& voice, const Answer& answer);
// What a reviewer should know of a policy.
void remark(const Voice& voice, const Answer& remark);
int explanation(const Voice& voice, const Answer& answer);

}  // namespace pages
}  // namespace jindu::gateway
