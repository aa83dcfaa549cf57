#pragma once
// A connection whose other end is cut off without a word (a cable, a rule, a lost supply) looks alive: TCP tries again
// for a quarter of an hour, at longer and longer intervals, and where nothing is to be sent it never notices at all.
#include <chrono>

namespace jindu {

// So long nothing of the other end may come while it owes a word. Long for a line that is only slow, whose packets come
// late but come; short enough that TCP, which doubles its pause each time, has not yet fallen asleep for longer.
inline constexpr std::chrono::seconds kSilence{15};

// From now on the system asks an idle other end every few seconds whether it is there, and ends the connection when
// there was no word for kSilence. For connections between programs, on networks that are not a phone's.
void end_when_silent(int socket);

}  // namespace jindu
