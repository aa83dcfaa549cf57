#include "intranet-approval/store/readings.hpp"

namespace jindu::approval::store {

void put_reading(storage::Transaction& tx, const Reading& reading) {
  tx.execute("INSERT INTO reading (at_ms, official, case_id, what, request_id) VALUES ($1, $2, $3, $4, $5)",
             {to_unix_ms(reading.at), reading.official, reading.case_id, reading.what, reading.request_id});
}

}  // namespace jindu::approval::store
