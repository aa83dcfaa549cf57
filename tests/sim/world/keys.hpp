#pragma once
// The keys and certificates of every simulation: made once, before the first schedule.
#include "common/evidence/signed.hpp"

namespace jindu::sim {

struct Keys {
  Keys();
  crypto::PrivateKey root_key;
  crypto::Certificate root;
  evidence::NodeSigner portal, approval, outer, inner, first_operator, second_operator;
  evidence::NodeTrust trust() const;

 private:
  evidence::NodeSigner node(const std::string& name) const;
};

}  // namespace jindu::sim
