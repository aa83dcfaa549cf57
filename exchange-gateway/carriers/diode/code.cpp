#include "exchange-gateway/carriers/diode/code.hpp"

#include <isa-l/erasure_code.h>

#include <cassert>

namespace jindu::gateway::diode {
namespace {

constexpr std::size_t kTableBytes = 32;  // ISA-L expands each coefficient to this many

// The coefficients of a row of gf_gen_cauchy1_matrix; every square of such rows can be inverted (unlike those of
// gf_gen_rs_matrix, which is not always).
void coefficients(int data, int row, std::uint8_t* out) {
  for (int column = 0; column < data; ++column) out[column] = gf_inv(static_cast<std::uint8_t>(row ^ column));
}

// dest = matrix (rows x columns) times sources. ISA-L's parameters are not const though it only reads them.
void multiply(int rows, int columns, std::vector<std::uint8_t>& matrix, std::size_t length,
              std::vector<std::uint8_t*>& sources, std::vector<std::uint8_t*>& dest) {
  std::vector<std::uint8_t> tables(kTableBytes * static_cast<std::size_t>(rows * columns));
  ec_init_tables(columns, rows, matrix.data(), tables.data());
  ec_encode_data(static_cast<int>(length), columns, rows, tables.data(), sources.data(), dest.data());
}

}  // namespace

Bytes parity(const std::vector<const std::uint8_t*>& data, std::size_t length, int first, int rows) {
  const int columns = static_cast<int>(data.size());
  assert(first >= columns && first + rows <= 256);
  std::vector<std::uint8_t> matrix(data.size() * static_cast<std::size_t>(rows));
  Bytes out(length * static_cast<std::size_t>(rows));
  std::vector<std::uint8_t*> sources, dest;
  for (int i = 0; i < rows; ++i) {
    coefficients(columns, first + i, matrix.data() + i * columns);
    dest.push_back(out.data() + static_cast<std::size_t>(i) * length);
  }
  for (const auto* one : data) sources.push_back(const_cast<std::uint8_t*>(one));
  multiply(rows, columns, matrix, length, sources, dest);
  return out;
}

void repair(std::uint8_t* block, int data, std::size_t length, const std::vector<bool>& has,
            const std::map<int, Bytes>& rows) {
  std::vector<int> missing, present;
  for (int i = 0; i < data; ++i) (has[static_cast<std::size_t>(i)] ? present : missing).push_back(i);
  const auto m = missing.size();
  assert(rows.size() >= m);
  if (m == 0) return;
  const auto at = [&](int i) { return block + static_cast<std::size_t>(i) * length; };

  // Each parity row minus what the present symbols add to it leaves an equation in the missing ones alone.
  std::vector<std::uint8_t> square, known;
  std::vector<Bytes> right;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(data));
  for (auto it = rows.begin(); right.size() < m; ++it) {
    coefficients(data, it->first, row.data());
    for (const int i : missing) square.push_back(row[static_cast<std::size_t>(i)]);
    for (const int i : present) known.push_back(row[static_cast<std::size_t>(i)]);
    right.push_back(it->second);
  }
  std::vector<std::uint8_t*> sources, dest;
  if (!present.empty()) {
    std::vector<Bytes> sums(m, Bytes(length));
    for (const int i : present) sources.push_back(at(i));
    for (auto& sum : sums) dest.push_back(sum.data());
    multiply(static_cast<int>(m), static_cast<int>(present.size()), known, length, sources, dest);
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t b = 0; b < length; ++b) right[i][b] ^= sums[i][b];
  }
  std::vector<std::uint8_t> inverse(m * m);
  [[maybe_unused]] const int singular = gf_invert_matrix(square.data(), inverse.data(), static_cast<int>(m));
  assert(singular == 0);
  sources.clear();
  dest.clear();
  for (auto& one : right) sources.push_back(one.data());
  for (const int i : missing) dest.push_back(at(i));
  multiply(static_cast<int>(m), static_cast<int>(m), inverse, length, sources, dest);
}

}  // namespace jindu::gateway::diode
