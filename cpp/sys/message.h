// SPDX-License-Identifier: Apache-2.0
// Messages with descriptors over a SOCK_SEQPACKET socket. One send is one
// receive. A payload too large for a socket buffer travels in a sealed memfd.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/fd.h"

namespace slipway {

struct Message {
  std::string data;
  std::vector<Fd> fds;
  pid_t sender = 0;  // where the receiver has asked for it; 0: unknown
};

// Before the data of a message that is not in a file.
inline constexpr char kInlineFrame = 'I';

// Both ends close on exec.
std::pair<Fd, Fd> messagePair();
// From now on messages received here come with their sender, whom the kernel names.
void askSender(int socket);

enum class Sent { sent, full, closed };
Sent trySendMessage(int socket, std::string_view data, std::span<const int> fds);

// Waits while the socket is full. False when the peer is gone (EPIPE, ECONNRESET); throws on other
// failures.
bool sendMessage(int socket, std::string_view data, std::span<const int> fds = {});

// `wait` false: `nothing` when nothing is there.
enum class Received { message, nothing, closed };
Received receiveMessage(int socket, Message& out, bool wait);

}  // namespace slipway
