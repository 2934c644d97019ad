// SPDX-License-Identifier: Apache-2.0
#include "sys/message.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "sys/error.h"

namespace slipway {
namespace {

constexpr size_t kInlineLimit = 96 * 1024;
constexpr size_t kMaxFds = 64;
constexpr size_t kMemfdLimit = 64 << 20;
constexpr char kMemfdFrame = 'M';

// Not by `new`: most of it stays unused, and only what is used needs wiping
// (runtime/wipe.cc).
class ReceiveBuffer {
 public:
  ReceiveBuffer() : data_(static_cast<char*>(malloc(kInlineLimit + 1))) {
    if (data_ == nullptr) throw std::bad_alloc();
  }
  ~ReceiveBuffer() {
    explicit_bzero(data_, used);
    free(data_);
  }
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

  char* data() const { return data_; }
  size_t used = 0;

 private:
  char* data_;
};

Fd payloadFile(std::string_view data) {
  Fd file(check(memfd_create("slipway-message", MFD_CLOEXEC), "send message", "memfd_create"));
  size_t done = 0;
  while (done < data.size()) {
    done += static_cast<size_t>(
        check(write(file.get(), data.data() + done, data.size() - done), "send message", "write"));
  }
  return file;
}

std::string readPayload(int file) {
  const off_t size = check(lseek(file, 0, SEEK_END), "receive message", "lseek");
  if (static_cast<size_t>(size) > kMemfdLimit)
    throw SysError("receive message", "lseek", "", EMSGSIZE);
  std::string data(static_cast<size_t>(size), '\0');
  size_t done = 0;
  while (done < data.size()) {
    const ssize_t n =
        check(pread(file, data.data() + done, data.size() - done, static_cast<off_t>(done)),
              "receive message", "pread");
    if (n == 0) throw SysError("receive message", "pread", "", EIO);
    done += static_cast<size_t>(n);
  }
  return data;
}

// The first line also of a message in a file: who cannot take the file still
// learns whom to answer.
std::string_view headOf(std::string_view data) {
  const size_t end = data.find('\n');
  return end > kInlineLimit ? std::string_view() : data.substr(0, end);
}

Sent sendFrame(int socket, char kind, std::string_view data, std::span<const int> fds) {
  iovec parts[2] = {{&kind, 1}, {const_cast<char*>(data.data()), data.size()}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)];
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = data.empty() ? 1 : 2;
  if (!fds.empty()) {
    if (fds.size() > kMaxFds) throw SysError("send message", "sendmsg", "", E2BIG);
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
  }
  while (sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET) return Sent::closed;
    if (errno == EAGAIN) return Sent::full;
    throw SysError("send message", "sendmsg", "", errno);
  }
  return Sent::sent;
}

void takeFds(const cmsghdr* c, std::vector<Fd>& fds) {
  const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; i++) {
    int fd;
    memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
    fds.emplace_back(fd);
  }
}

void takeControl(msghdr& header, Message& out) {
  out.fds.clear();
  out.sender = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_RIGHTS) takeFds(c, out.fds);
    if (c->cmsg_type != SCM_CREDENTIALS) continue;
    ucred sender;
    memcpy(&sender, CMSG_DATA(c), sizeof sender);
    out.sender = sender.pid;
  }
}

}  // namespace

std::pair<Fd, Fd> messagePair() {
  int ends[2];
  check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make socket", "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

void askSender(int socket) {
  const int on = 1;
  check(setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on), "make socket", "setsockopt");
}

Sent trySendMessage(int socket, std::string_view data, std::span<const int> fds) {
  if (data.size() <= kInlineLimit) return sendFrame(socket, kInlineFrame, data, fds);
  const Fd file = payloadFile(data);
  std::vector<int> all(fds.begin(), fds.end());
  all.push_back(file.get());
  return sendFrame(socket, kMemfdFrame, headOf(data), all);
}

bool sendMessage(int socket, std::string_view data, std::span<const int> fds) {
  for (;;) {
    const Sent sent = trySendMessage(socket, data, fds);
    if (sent != Sent::full) return sent == Sent::sent;
    pollfd ready{socket, POLLOUT, 0};
    poll(&ready, 1, -1);
  }
}

Received receiveMessage(int socket, Message& out, bool wait) {
  ReceiveBuffer buffer;
  iovec part{buffer.data(), kInlineLimit + 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds) + CMSG_SPACE(sizeof(ucred))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t n;
  do {
    n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    // ECONNRESET tells, once, that the other side left something unread; what it
    // said before comes after.
  } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received::nothing;
  if (n < 0) throw SysError("receive message", "recvmsg", "", errno);
  if (n == 0) return Received::closed;
  takeControl(header, out);
  buffer.used = static_cast<size_t>(n);
  out.data.assign(buffer.data() + 1, buffer.used - 1);
  if ((header.msg_flags & MSG_TRUNC) != 0)
    throw SysError("receive message", "recvmsg", "", EMSGSIZE);
  if ((header.msg_flags & MSG_CTRUNC) != 0)
    throw SysError("receive message", "recvmsg", "", EMFILE,
                   "no descriptors were free for those of the message");
  if (buffer.data()[0] == kInlineFrame) return Received::message;
  if (out.fds.empty()) throw SysError("receive message", "recvmsg", "", EBADMSG);
  out.data = readPayload(out.fds.back().get());
  out.fds.pop_back();
  return Received::message;
}

}  // namespace slipway
