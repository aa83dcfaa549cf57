#include "exchange-gateway/console/table.hpp"

#include "common/runtime/terminal.hpp"

namespace jindu::gateway {

Table::Table(const Voice& voice, const std::vector<std::string>& heads) : out_(voice.out()), rows_(1) {
  for (const auto& head : heads) rows_.front().push_back(head.empty() ? "" : voice.text("head." + head));
}

void Table::print() const {
  constexpr std::size_t apart = 2;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], cells(row[i]));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out_ << (i + 1 < row.size() ? padded(row[i], widths[i] + apart) : row[i]);
    out_ << "\n";
  }
}

}  // namespace jindu::gateway
