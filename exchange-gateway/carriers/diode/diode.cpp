// The diode between its two sockets and the unit: what is sent, what is read, and what is sent again.
#include <netinet/in.h>
#include <prometheus/counter.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>

#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/diode/decoder.hpp"
#include "exchange-gateway/carriers/diode/ledger.hpp"
#include "exchange-gateway/carriers/diode/sockets.hpp"

namespace jindu::gateway {
namespace {

using namespace diode;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr std::int64_t kAtOnce = 256;
constexpr std::size_t kLoadBytes = 8 * 1024 * 1024;
constexpr std::size_t kTakenAtOnce = 8 * 1024 * 1024;
// Frames that wait for the journal, or are being taken; or a single one. A journal that stands still for longer than it
// takes to fill this and the kernel's buffer costs no more than that something is sent again.
constexpr std::size_t kUnreadBytes = 24 * 1024 * 1024;
constexpr std::int64_t kUrgentPriority = 1;  // decisions, status, receipts
constexpr std::int64_t kLookedAtOnce = 1'000;
constexpr std::size_t kAgainMax = 100'000;
constexpr std::uint64_t kBlocksReserved = 1 << 20;
constexpr milliseconds kReportPause{50}, kHeartbeat{1'000};
constexpr milliseconds kAskPause{5};
// How often a sender is asked to pause, by how long this takes on the line, so that little of it is spent on asking;
// and for how long, in steps of that.
constexpr std::size_t kPauseBytes = 16 * 1024;
constexpr milliseconds kPauseEveryLeast{20}, kPauseEveryMost{800};
constexpr int kPauseSteps = 2;
constexpr milliseconds kEnding{20};  // until a part that was told to end is asked no more
constexpr std::chrono::seconds kAgainMost{600};

Moment now() { return std::chrono::duration_cast<Moment>(Steady::now().time_since_epoch()); }

class Diode final : public Carrier {
 public:
  Diode(Unit& unit, const DiodeOptions& options, Key sends, std::vector<Key> receives, Ledger ledger,
        std::uint64_t first_block, SendingSocket out, ReceivingSocket in)
      : unit_(unit),
        options_(options),
        ledger_(ledger),
        encoder_(options.shape, std::move(sends), first_block),
        decoder_(std::move(receives), options.shape.memory * 2),
        out_(std::move(out)),
        in_(std::move(in)),
        reserved_(first_block + kBlocksReserved) {
    feeder_ = part("diode-feed", [this] { return feed(); });
    taker_ = part("diode-take", [this] { return take(); });
    sender_ = part("diode-send", [this] { return send(); });
    receiver_ = part("diode-receive", [this] { return receive(); });
  }
  ~Diode() override { stop(); }

  void stop() override {
    if (stopped_.exchange(true)) return;
    unit_.for_carrier().close();
    tell(line_mutex_, line_changed_);
    tell(frames_mutex_, frames_changed_);
    in_.wake();
    feeder_->stop();
    taker_->stop();
    sender_->stop();
    receiver_->stop();
  }

 private:
  // Whatever fails in one, it begins again: without any of them nothing crosses, and nobody would see why.
  std::unique_ptr<Worker> part(const char* name, std::function<milliseconds()> work) {
    return std::make_unique<Worker>(name, std::move(work), [this, name] { unit_.carrier_failed(name); });
  }
  static void tell(std::mutex& mutex, std::condition_variable& changed) {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }

  // --- sending -----------------------------------------------------------------------------------------------------
  // Gives the socket what the encoder lets go, and sleeps until it has more; until the end.
  milliseconds send() {
    std::vector<Bytes> batch;
    while (!stopped_) {
      batch.clear();
      {
        std::unique_lock lock(line_mutex_);
        while (batch.size() < SendingSocket::kBatch) {
          auto datagram = encoder_.next(now());
          if (!datagram) break;
          batch.push_back(std::move(*datagram));
        }
        if (batch.empty()) {
          const auto due = std::min(encoder_.due(now()), now() + Moment(1'000'000));
          const auto wait = due - now();
          if (wait > Moment(0)) line_changed_.wait_for(lock, wait);
          continue;
        }
      }
      if (auto ok = out_.send(batch); !ok && say_again()) log::warn("diode.send_failed", log::of(ok.error()));
    }
    return kEnding;
  }

  // Brings the encoder what waits in the journal, says how things stand, and sends again what was lost.
  milliseconds feed() {
    if (stopped_) return milliseconds(0);
    const auto seen = unit_.for_carrier().count();
    bool more = false;
    for (const auto& ok : {load(seen, more), report(), repeat(), keep_numbers()})
      if (!ok && say_again()) log::error("diode.failed", log::of(ok.error()));
    measure();
    if (stopped_) return milliseconds(0);
    if (!more) unit_.for_carrier().wait(seen, milliseconds(20));
    return unit_.for_carrier().closed() ? milliseconds(20) : milliseconds(0);
  }

  bool wants(Lane lane) {
    const std::lock_guard lock(line_mutex_);
    return encoder_.wants(lane);
  }

  std::uint64_t put(Lane lane, FrameKind kind, Bytes bytes) {
    const std::lock_guard lock(line_mutex_);
    line_changed_.notify_all();
    return encoder_.put(lane, kind, std::move(bytes), now());
  }

  // Each lane for itself: however much there is that is urgent, bulk has its share of the line.
  result<void> load(std::uint64_t seen, bool& more) {
    for (const auto lane : kLanes)
      if (auto ok = load(lane, seen, more); !ok) return ok;
    return {};
  }

  result<void> load(Lane lane, std::uint64_t seen, bool& more) {
    auto& state = lanes_[index_of(lane)];
    // Without news since nothing was left, there is nothing to look for.
    if (!wants(lane) || (state.drained == seen && now() < state.look_anyway)) return {};
    const auto choice = lane == Lane::urgent ? store::Choice{.least_urgent = kUrgentPriority}
                                             : store::Choice{.most_urgent = kUrgentPriority + 1};
    auto list = unit_.to_load(kAtOnce, kLoadBytes, choice);
    if (!list) return list.error();
    state.look_anyway = now() + Moment(1'000'000);
    if (list->list.empty()) {
      state.drained = seen;
      return {};
    }
    std::vector<Ledger::Sent> sent;
    Unit::Unread unread;
    for (const auto& one : list->list) sent.push_back({one.id, lane});
    if (auto ok = ledger_.mark_sent(sent); !ok) return ok;
    for (const auto& one : sent) {
      auto bytes = unit_.bytes_of(one.id);
      if (!bytes) {
        unread.emplace_back(one.id, bytes.error().code);
        continue;
      }
      more = true;  // not for what cannot be read: a damaged journal may name it again and again
      put(lane, FrameKind::bundle, std::move(*bytes));
      state.mark = ledger_.next_mark() - 1;
      state.marked = false;
      // A restored unit gives out marks that it has used and looked behind before.
      state.looked_up_to = 0;
    }
    if (unread.empty()) return {};
    unit_.bytes_missing(unread);
    // Nothing went under their marks that a word of the other side would be about.
    std::vector<std::string> ids;
    for (const auto& one : unread) ids.push_back(one.first);
    return ledger_.send_again(ids);
  }

  // A report closes what a lane has sent since the last one, and tells the other side what has come from it.
  result<void> report() {
    const auto at = now();
    if (at < last_report_ + kReportPause) return {};
    bool heard = false;
    {
      const std::lock_guard lock(standing_mutex_);
      heard = heard_something_ || !unsettled_.empty();
    }
    const bool unmarked = !lanes_[0].marked || !lanes_[1].marked;
    if (!heard && !unmarked && at < last_report_ + kHeartbeat) return {};
    auto standing = ledger_.standing();
    if (!standing) return standing.error();
    Report report;
    {
      const std::lock_guard lock(standing_mutex_);
      settle(*standing, at);
      report.read = read_;
      report.control_sent = read_with_control_;
      heard_something_ = false;
    }
    report.control_received = standing->control_received;
    const bool news = report.read != told_.read || report.control_received != told_.control_received;
    last_report_ = at;
    if (!news && !unmarked && at < last_sent_report_ + kHeartbeat) return {};
    last_sent_report_ = at;
    told_ = report;
    for (const auto lane : kLanes) {
      auto& state = lanes_[index_of(lane)];
      // What is urgent carries it in any case; bulk only the end of its own.
      if (lane == Lane::bulk && state.marked) continue;
      report.mark = state.mark;
      const auto end = put(lane, FrameKind::report, encode(report));
      if (!state.marked) state.sent.push_back({state.mark, end, {}});
      state.marked = true;
    }
    return {};
  }

  // What was read is told only with the number of the control bundles that hold its receipts.
  void settle(const Ledger::Standing& standing, Moment at) {
    while (!unsettled_.empty()) {
      const auto& first = unsettled_.front();
      if (first.last_receipt >= standing.first_untold_receipt || at < first.not_before) return;
      read_[index_of(first.lane)] = first.mark;
      read_with_control_ = standing.control_sent;
      unsettled_.pop_front();
    }
  }

  // What the other side has read past without a receipt was lost on the way; what it said nothing of for long, too.
  result<void> repeat() {
    const auto at = now();
    if (at < next_repeat_) return {};
    next_repeat_ = at + Moment(100'000);
    std::array<std::uint64_t, 2> read{};
    {
      const std::lock_guard lock(standing_mutex_);
      read = read_there_;
    }
    for (const auto lane : kLanes) {
      auto& state = lanes_[index_of(lane)];
      note_what_left(lane, at);
      while (!state.sent.empty() && state.sent.front().left && at - *state.sent.front().left > answer_time()) {
        state.overdue = state.sent.front().mark;
        state.sent.pop_front();
      }
      const auto up_to = std::max(read[index_of(lane)], state.overdue);
      if (up_to == 0 || (up_to == state.looked_up_to && again_.empty())) continue;
      auto ids = ledger_.unanswered(lane, up_to, kLookedAtOnce + static_cast<std::int64_t>(again_.size()));
      if (!ids) return ids.error();
      if (ids->empty()) state.looked_up_to = up_to;
      if (auto ok = send_due(*ids, at); !ok) return ok;
    }
    if (at >= next_tidy_) tidy(at);
    return {};
  }

  // What waits for the line, or is on it, cannot be answered yet: a slow line takes longer for a large bundle than an
  // answer may take.
  void note_what_left(Lane lane, Moment at) {
    std::uint64_t left = 0;
    {
      const std::lock_guard lock(line_mutex_);
      left = encoder_.left_up_to(lane);
    }
    for (auto& one : lanes_[index_of(lane)].sent) {
      if (one.end > left) break;
      if (!one.left) one.left = at;
    }
  }

  Moment answer_time() const {
    return std::chrono::duration_cast<Moment>(options_.resend_after) + span_of(options_.shape);
  }

  // At once the first time; then later and later, so that what is not taken there does not fill the line.
  result<void> send_due(const std::vector<std::string>& ids, Moment at) {
    std::vector<std::string> due;
    for (const auto& id : ids) {
      auto found = again_.find(id);
      if (found == again_.end() && again_.size() >= kAgainMax) continue;
      auto& again = again_[id];
      if (at < again.next) continue;
      const auto pause = std::min<std::chrono::seconds>(
          options_.resend_after * (std::int64_t{1} << std::min(again.times, 9)), kAgainMost);
      ++again.times;
      again.next = at + std::chrono::duration_cast<Moment>(pause);
      due.push_back(id);
    }
    if (due.empty()) return {};
    metrics::counter("jindu_gateway_diode_sent_again_total", "Bundles that were sent again without a receipt")
        .Increment(static_cast<double>(due.size()));
    return ledger_.send_again(due);
  }

  // What was not looked at for long has its receipt.
  void tidy(Moment at) {
    next_tidy_ = at + Moment(10'000'000);
    std::erase_if(
        again_, [&](const auto& one) { return at > one.second.next + std::chrono::duration_cast<Moment>(kAgainMost); });
  }

  result<void> keep_numbers() {
    std::uint64_t next = 0;
    {
      const std::lock_guard lock(line_mutex_);
      next = encoder_.next_block();
    }
    if (next + kBlocksReserved / 2 < reserved_) return {};
    if (auto ok = ledger_.reserve_up_to(reserved_ + kBlocksReserved); !ok) return ok;
    reserved_ += kBlocksReserved;
    return {};
  }

  // --- receiving ---------------------------------------------------------------------------------------------------
  // Reads datagrams as they come; only the kernel's buffer and a bounded queue stand between the line and the journal.
  milliseconds receive() {
    while (!stopped_) {
      auto datagrams = in_.receive(milliseconds(20));
      if (!datagrams) {
        if (say_again()) log::error("diode.receive_failed", log::of(datagrams.error()));
        std::unique_lock lock(frames_mutex_);
        frames_changed_.wait_for(lock, milliseconds(100));
        continue;
      }
      std::vector<Frame> frames;
      std::vector<Wanted> wanted;
      const bool asks = may_ask();
      {
        const std::lock_guard lock(counts_mutex_);
        for (const auto& datagram : *datagrams) decoder_.take(datagram, now());
        decoder_.look(now());
        if (asks) wanted = decoder_.wanted(now());
        while (auto frame = decoder_.next()) {
          if (!obey(*frame)) frames.push_back(std::move(*frame));
        }
        counts_ = decoder_.counts();
        overflowed_ = in_.overflowed();
      }
      if (!wanted.empty()) put(Lane::urgent, FrameKind::wanted, encode(wanted));
      if (!frames.empty()) queue(frames);
      if (is_behind() || in_.crowded()) ask_to_pause();
    }
    return kEnding;
  }

  // Hands frames to the taker. A journal that is slower than the line is told to the sender, and is seen in the
  // kernel's count of what had no room.
  void queue(std::vector<Frame>& frames) {
    std::unique_lock lock(frames_mutex_);
    for (auto& frame : frames) {
      const auto has_room = [&] { return unread_ == 0 || unread_ + frame.bytes.size() <= kUnreadBytes || stopped_; };
      while (!frames_changed_.wait_for(lock, kPauseEveryLeast, has_room)) {
        lock.unlock();
        ask_to_pause();
        lock.lock();
      }
      unread_ += frame.bytes.size();
      frames_.push_back(std::move(frame));
    }
    lock.unlock();
    taker_->wake();
  }

  bool is_behind() {
    const std::lock_guard lock(frames_mutex_);
    // What is being taken alone, such as one of the largest bundles, is no sign.
    return !frames_.empty() && unread_ > kUnreadBytes / 2;
  }

  void ask_to_pause() {
    if (now() < next_pause_) return;
    if (!line_takes_asks()) return;
    const auto every = std::clamp(std::chrono::duration_cast<milliseconds>(time_of(options_.shape, kPauseBytes)),
                                  kPauseEveryLeast, kPauseEveryMost);
    next_pause_ = now() + every;
    put(Lane::urgent, FrameKind::pause, encode(every * kPauseSteps));
    metrics::counter("jindu_gateway_diode_pauses_total", "Pauses of senders whose readers cannot keep up",
                     {{"what", "asked"}})
        .Increment();
  }

  // Not at each datagram: the sender holds the encoder while it fills a batch.
  bool may_ask() {
    if (now() < next_ask_) return false;
    next_ask_ = now() + kAskPause;
    return line_takes_asks();
  }

  bool line_takes_asks() {
    const std::lock_guard lock(line_mutex_);
    return encoder_.may_ask();
  }

  // What the other side asks for is done at once, not behind the frames that wait for the journal: it has little
  // patience. Whether the frame was of that kind.
  bool obey(const Frame& frame) {
    if (frame.kind == FrameKind::wanted)
      send_wanted(frame.bytes);
    else if (frame.kind == FrameKind::pause)
      pause(frame.bytes);
    else
      return false;
    return true;
  }

  void pause(BytesView frame) {
    const auto pause = parse_pause(frame);
    if (!pause) {
      if (say_again()) log::error("diode.bad_pause", log::of(pause.error()));
      return;
    }
    metrics::counter("jindu_gateway_diode_pauses_total", "Pauses of senders whose readers cannot keep up",
                     {{"what", "made"}})
        .Increment();
    const std::lock_guard lock(line_mutex_);
    encoder_.pause(now() + *pause);
  }

  void send_wanted(BytesView frame) {
    const auto blocks = parse_wanted(frame);
    if (!blocks) {
      if (say_again()) log::error("diode.bad_wanted", log::of(blocks.error()));
      return;
    }
    const std::lock_guard lock(line_mutex_);
    for (const auto& one : *blocks) encoder_.send_again(one);
    line_changed_.notify_all();
  }

  milliseconds take() {
    for (;;) {
      std::vector<Frame> frames;
      std::size_t bytes = 0;
      {
        const std::lock_guard lock(frames_mutex_);
        while (!frames_.empty() && bytes < kTakenAtOnce && frames.size() < static_cast<std::size_t>(kAtOnce)) {
          bytes += frames_.front().bytes.size();
          frames.push_back(std::move(frames_.front()));
          frames_.pop_front();
        }
      }
      // Also when taking them ends by an exception.
      const std::shared_ptr<void> taken(nullptr, [this, bytes](void*) {
        const std::lock_guard lock(frames_mutex_);
        unread_ -= bytes;
        frames_changed_.notify_all();
      });
      if (frames.empty() || stopped_) return milliseconds(1'000);
      if (auto ok = take_frames(frames); !ok && say_again()) log::error("diode.failed", log::of(ok.error()));
    }
  }

  result<void> take_frames(std::vector<Frame>& frames) {
    std::vector<Bytes> bundles;
    for (auto& frame : frames)
      if (frame.kind == FrameKind::bundle) bundles.push_back(std::move(frame.bytes));
    bool all_taken = true;
    if (!bundles.empty())
      for (const auto& one : unit_.take_from_carrier(bundles)) all_taken = all_taken && !one.error;
    // What was not taken may be brought again, but not at once: then later and later.
    if (!bundles.empty() && all_taken) untaken_pause_ = Moment(0);
    if (!all_taken) untaken_pause_ = std::clamp(untaken_pause_ * 2, Moment(1'000'000), Moment(60'000'000));
    auto standing = ledger_.standing();
    if (!standing) return standing.error();
    std::optional<Report> newest;
    {
      const std::lock_guard lock(standing_mutex_);
      heard_something_ = heard_something_ || !bundles.empty();
      for (const auto& frame : frames) {
        if (frame.kind != FrameKind::report) continue;
        auto report = parse_report(frame.bytes);
        if (!report) {
          log::error("diode.bad_report", log::of(report.error()));
          continue;
        }
        unsettled_.push_back({frame.lane, report->mark, standing->last_receipt, now() + untaken_pause_});
        // Bulk takes its time on the way: what is urgent has newer words.
        if (frame.lane == Lane::urgent) newest = *report;
      }
      if (unsettled_.size() > kUnsettledMax) unsettled_.erase(unsettled_.begin(), unsettled_.end() - kUnsettledMax);
    }
    if (newest) {
      if (auto ok = hear(*newest); !ok) return ok;
    }
    // Receipts that a report spoke of may have come only now.
    const std::lock_guard lock(standing_mutex_);
    if (awaited_ && standing->control_received >= awaited_->control_sent) {
      // Its newest word, not the highest: that may be of marks which this unit has forgotten and gives out again.
      read_there_ = awaited_->read;
      awaited_.reset();
    }
    return {};
  }

  result<void> hear(const Report& report) {
    {
      const std::lock_guard lock(standing_mutex_);
      // Its oldest open word stays until its receipts are here; a newer one speaks of later receipts.
      if (!awaited_) awaited_ = report;
    }
    if (report.control_received == control_there_ && now() < next_heard_) return {};
    next_heard_ = now() + Moment(1'000'000);
    control_there_ = report.control_received;
    return ledger_.control_arrived(report.control_received);
  }

  // --- telling -----------------------------------------------------------------------------------------------------
  void measure() {
    if (now() < next_measure_) return;
    next_measure_ = now() + Moment(1'000'000);
    Counts counts;
    std::uint64_t overflowed = 0;
    {
      const std::lock_guard lock(counts_mutex_);
      counts = counts_;
      overflowed = overflowed_;
    }
    const auto datagrams = [&](const char* what, std::uint64_t value, std::uint64_t& before) {
      metrics::counter("jindu_gateway_diode_datagrams_total", "Datagrams that came, by what became of them",
                       {{"what", what}})
          .Increment(static_cast<double>(value - before));
      before = value;
    };
    const auto blocks = [&](const char* what, std::uint64_t value, std::uint64_t& before) {
      metrics::counter("jindu_gateway_diode_blocks_total", "Blocks that came, by what became of them", {{"what", what}})
          .Increment(static_cast<double>(value - before));
      before = value;
    };
    const auto lost = counts.lost - shown_.lost;
    datagrams("taken", counts.taken, shown_.taken);
    datagrams("spare", counts.spare, shown_.spare);
    datagrams("foreign", counts.foreign, shown_.foreign);
    datagrams("unauthentic", counts.unauthentic, shown_.unauthentic);
    datagrams("contradictory", counts.contradictory, shown_.contradictory);
    datagrams("overflowed", overflowed, shown_overflowed_);
    blocks("whole", counts.blocks, shown_.blocks);
    blocks("repaired", counts.repaired, shown_.repaired);
    blocks("lost", counts.lost, shown_.lost);
    blocks("asked", counts.asked, shown_.asked);
    blocks("unknown_frames", counts.unknown, shown_.unknown);
    blocks("broken_frames", counts.broken, shown_.broken);
    if (lost > 0) log::warn("diode.blocks_lost", {{"blocks", lost}, {"overflowed", overflowed}});
  }

  // Whether a failure is to be logged: not more than one in a second.
  bool say_again() {
    const auto at = now().count();
    auto last = last_said_.load();
    return at - last > 1'000'000 && last_said_.compare_exchange_strong(last, at);
  }

  static constexpr std::ptrdiff_t kUnsettledMax = 10'000;

  Unit& unit_;
  const DiodeOptions options_;
  Ledger ledger_;  // marks are given out by the feeder alone

  std::mutex line_mutex_;  // encoder
  std::condition_variable line_changed_;
  Encoder encoder_;
  Decoder decoder_;                   // of the receiver alone
  Moment next_ask_{}, next_pause_{};  // of the receiver alone
  SendingSocket out_;
  ReceivingSocket in_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::int64_t> last_said_ = 0;

  // Of the feeder alone.
  struct Closed {
    std::uint64_t mark = 0;
    std::uint64_t end = 0;       // place in the lane of the report that closed it
    std::optional<Moment> left;  // when that was found to have left
  };
  struct Sending {
    std::uint64_t mark = 0;
    bool marked = true;  // a report has closed it
    std::deque<Closed> sent;
    std::uint64_t overdue = 0, looked_up_to = 0;
    std::uint64_t drained = ~std::uint64_t{0};  // news at which nothing was left to load
    Moment look_anyway{};
  };
  struct Again {
    int times = 0;
    Moment next{};
  };
  std::array<Sending, 2> lanes_;
  std::map<std::string, Again> again_;
  Moment last_report_{}, last_sent_report_{}, next_repeat_{}, next_tidy_{}, next_measure_{};
  Report told_;
  std::uint64_t reserved_;
  Counts shown_;
  std::uint64_t shown_overflowed_ = 0;

  std::mutex counts_mutex_;
  Counts counts_;
  std::uint64_t overflowed_ = 0;

  std::mutex frames_mutex_;
  std::condition_variable frames_changed_;
  std::deque<Frame> frames_;
  std::size_t unread_ = 0;

  // What feeder and taker share.
  struct Unsettled {
    Lane lane;
    std::uint64_t mark;
    std::int64_t last_receipt;
    Moment not_before;
  };
  std::mutex standing_mutex_;
  std::deque<Unsettled> unsettled_;
  std::array<std::uint64_t, 2> read_{}, read_there_{};
  std::uint64_t read_with_control_ = 0;
  std::optional<Report> awaited_;
  bool heard_something_ = false;

  // Of the taker alone.
  Moment untaken_pause_{}, next_heard_{};
  std::uint64_t control_there_ = 0;

  std::unique_ptr<Worker> feeder_, taker_, sender_, receiver_;
};

}  // namespace

result<std::unique_ptr<Carrier>> start_diode(Unit& unit, const DiodeOptions& options) {
  if (auto ok = check(options.shape); !ok) return ok.error();
  const auto& o = unit.options();
  // During a rollover either side may be the first to have begun: it sends with the newest keys, and hears any.
  std::vector<crypto::PublicKey> peer_keys;
  const auto [begin, end] = o.nodes.equal_range(o.peer);
  std::vector<crypto::Certificate> certificates;
  for (auto one = begin; one != end; ++one) certificates.push_back(one->second);
  std::stable_sort(certificates.begin(), certificates.end(),
                   [](const auto& a, const auto& b) { return a.not_before() > b.not_before(); });
  for (const auto& one : certificates)
    if (unit.trust().store.verify(one, unit.trust().intermediates, unit.now())) peer_keys.push_back(one.public_key());
  if (peer_keys.empty())
    return Error{Fault::invalid, "config.key", "the peer has no valid certificate among the nodes", "nodes"};
  auto sends = Key::between(unit.signer().key, peer_keys.front(), o.name, o.peer);
  if (!sends) return sends.error();
  std::vector<crypto::PrivateKey> own_keys{unit.signer().key};
  for (const auto& other : o.other_keys)
    if (unit.trust().store.verify(other.certificate, unit.trust().intermediates, unit.now()))
      own_keys.push_back(other.key);
  std::vector<Key> receives;
  for (const auto& own : own_keys)
    for (const auto& theirs : peer_keys) {
      auto key = Key::between(own, theirs, o.peer, o.name);
      if (!key) return key.error();
      receives.push_back(std::move(*key));
    }
  auto in = ReceivingSocket::open(options.listen, options.receive_buffer);
  if (!in) return in.error();
  auto out = SendingSocket::open(options.send_to);
  if (!out) return out.error();
  Ledger ledger(unit);
  if (auto ok = ledger.begin(); !ok) return ok.error();
  auto first_block = ledger.reserve_blocks(kBlocksReserved);
  if (!first_block) return first_block.error();
  return std::unique_ptr<Carrier>(std::make_unique<Diode>(unit, options, std::move(*sends), std::move(receives), ledger,
                                                          *first_block, std::move(*out), std::move(*in)));
}

}  // namespace jindu::gateway
