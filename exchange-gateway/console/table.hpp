#pragma once
// Rows whose columns stand under each other on a terminal.
#include "exchange-gateway/voice.hpp"

namespace jindu::gateway {

class Table {
 public:
  // `heads`: "sequence" is headed by the text "head.sequence", "" by nothing.
  Table(const Voice& voice, const std::vector<std::string>& heads);
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  void print() const;

 private:
  std::ostream& out_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace jindu::gateway
