// SPDX-License-Identifier: Apache-2.0
// Messages with descriptors over a SOCK_SEQPACKET socket. One send is one
// receive. A payload too large for a socket buffer travels in a sealed memfd.
#pragma once

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
};

// Both ends close on exec.
std::pair<Fd, Fd> messagePair();

enum class Sent { sent, full, closed };
Sent trySendMessage(int socket, std::string_view data, std::span<const int> fds);

// Waits while the socket is full. False when the peer is gone (EPIPE, ECONNRESET); throws on other
// failures.
bool sendMessage(int socket, std::string_view data, std::span<const int> fds = {});

// `wait` false: `nothing` when nothing is there.
enum class Received { message, nothing, closed };
Received receiveMessage(int socket, Message& out, bool wait);

}  // namespace slipway
