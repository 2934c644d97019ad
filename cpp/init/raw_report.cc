// SPDX-License-Identifier: Apache-2.0
#include "init/raw_report.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstring>

#include "init/report.h"
#include "spec/json_writer.h"
#include "sys/message.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr std::string_view kMark = "raw\n";
constexpr size_t kLongestText = 4096;

struct Head {
  int err = 0;  // 0: ready
  DepartureTimes times{};
};

iovec part(const void* data, size_t size) { return {const_cast<void*>(data), size}; }

// With its end, so that the texts can be told apart.
iovec textPart(const char* text) { return part(text, strnlen(text, kLongestText) + 1); }

long tell(int socket, const Head& head, const Fault& fault) {
  const char frame = kInlineFrame;
  const char* step = fault.step == nullptr ? "" : fault.step;
  std::array parts{part(&frame, 1),     part(kMark.data(), kMark.size()), part(&head, sizeof head),
                   textPart(step),      textPart(fault.syscall),          textPart(fault.path),
                   textPart(fault.hint)};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  return raw::call(SYS_sendmsg, socket, &header, MSG_NOSIGNAL);
}

std::string nextText(std::string_view& texts) {
  std::string text(texts.substr(0, std::min(texts.find('\0'), kLongestText)));
  texts.remove_prefix(std::min(text.size() + 1, texts.size()));
  if (text.size() < kLongestText) return text;
  // Cut perhaps in the middle of a character, of which UTF-8 has up to four bytes.
  while (!text.empty() && (text.back() & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && (text.back() & 0x80) != 0) text.pop_back();
  return text;
}

std::string readyJson(const DepartureTimes& times) {
  json::Writer w;
  w.beginObject().field("event", "ready").key("timings").beginObject();
  for (size_t step = 0; step < times.size(); step++)
    w.field(kDepartureSteps[step], times[step] / 1000);
  w.endObject().endObject();
  return w.take();
}

}  // namespace

Fault tellReady(int socket, const DepartureTimes& times) {
  return faultOf(tell(socket, {0, times}, {}), "exec", "sendmsg");
}

void tellFault(int socket, const Fault& fault) { tell(socket, {fault.err, {}}, fault); }

bool isRawReport(std::string_view message) {
  return message.starts_with(kMark) && message.size() >= kMark.size() + sizeof(Head);
}

std::string rawReportJson(std::string_view message) {
  message.remove_prefix(kMark.size());
  Head head;
  memcpy(&head, message.data(), sizeof head);
  if (head.err == 0) return readyJson(head.times);
  message.remove_prefix(sizeof head);
  const std::string step = nextText(message), syscall = nextText(message), path = nextText(message),
                    hint = nextText(message);
  return R"({"event":"failed","error":)" +
         errorJson(SysError(step, syscall, path, head.err, hint)) + "}";
}

}  // namespace slipway
