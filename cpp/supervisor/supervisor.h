// SPDX-License-Identifier: Apache-2.0
// The one helper process of an Engine: parent of all its containers, keeper of
// its cgroups and folders. Single-threaded; ends, and takes everything with it,
// when its socket to Node ends. One file a subject: starts.cc, execs.cc,
// exec_agents.cc, agent_ends.cc, unborn.cc, untold.cc, ends.cc, failures.cc, requests.cc, pool.cc,
// repair.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "container/cgroup.h"
#include "spec/json_writer.h"
#include "supervisor/agent.h"
#include "supervisor/children.h"
#include "supervisor/loop.h"
#include "supervisor/request.h"
#include "supervisor/slot.h"
#include "supervisor/sweeper.h"
#include "sys/error.h"
#include "sys/message.h"

namespace slipway {

// What Node says of the engine in its first message.
struct EngineSettings {
  std::string id;    // of this supervisor: names its cgroup and its folders
  std::string root;  // durable store
  std::string run;   // state of the running
  bool rootless = false;
  size_t poolMin = 2, poolMax = 8;
  std::string failPoint;  // fault injection: what fails outside of requests (tests)
};

// What a process has told of its start so far (init/report.h).
struct StartReport {
  Fd master;                     // of its terminal, until it is handed on
  Fd mountNamespace;             // where nothing else holds its processes together
  std::string timings, failure;  // JSON of `ready`, of `failed`
  bool failed = false, ready = false;
  std::optional<Message> idle;  // of a new slot that is in its cgroup
  bool answered = false;        // Node knows that it runs
  pid_t sender = 0;             // of what only a new process of an exec tells

  void take(Message message);
  // Takes what there is to hear. A message whose terminal finds no free
  // descriptor ends the process.
  Received hear(int socket, int pidfd);
};

struct ExecProcess {
  std::string id;
  uint64_t request = 0;
  Fd pidfd, socket;
  pid_t pid = 0;
  uint64_t startedNs = 0;
  StartReport start;
  std::string lost;       // why there is none, as JSON, where its agent is no more
  ino_t reportInode = 0;  // of the other end of `socket`
  bool killed = false;    // before it told of itself: its request is answered
  // What the agent is to be told, until it was.
  std::string plan;
  uint64_t filter = 0;
  Fd report;
  std::vector<Fd> stdio;

  bool asked() const { return !report; }
};

struct Container {
  std::string id, dir;
  Slot slot;
  Cgroup cgroup;
  unsigned newFlags = 0;
  bool autoRemove = false;
  uint64_t request = 0, startedNs = 0;
  StartReport start;
  bool newFolder = true;  // this start made it, so that its failure removes it
  bool dead = false, paused = false;
  bool ending = false;  // since it could not be served
  // Shares nothing with anybody, so that no descriptor can have left it, and may
  // change nothing but files of its root: the root may be kept.
  bool closed = false;
  uint64_t freezing = 0;  // the request that waits for every process to stand still
  ChildEnd end;           // of its first process, once it is dead
  bool ownPidNamespace = true;
  bool ended = false;  // its end is being told
  std::optional<Agent> agent;
  std::string agentFailure;         // JSON of what its agent told of itself
  bool hasRetired = false;          // one that wore a filter; its successors wear none
  pid_t retired = 0;                // that one, until it is collected
  bool traced = true;               // some process may look into any other one here
  bool askDue = false;              // a timer for `unasked` is set
  std::deque<std::string> unasked;  // of `execs`, in order
  std::map<std::string, std::unique_ptr<ExecProcess>> execs;
  uint64_t pidsPeak = 0;
};

class Supervisor {
 public:
  // `control` is the socket to Node and outlives this object.
  Supervisor(Fd& control, EngineSettings settings);
  void run();

 private:
  // requests.cc
  void receive();
  void dispatch(const Request& request, Message& message);
  void compileFilter(const Request& request);
  void forgetFilter(const Request& request);
  void requireFilter(uint64_t number) const;
  void signal(const Request& request);
  Container& toFreeze(const Request& request, const char* step, bool paused);
  void freeze(const Request& request);
  bool isFreezing(const std::string& id, uint64_t request) const;
  void frozen(const std::string& id, uint64_t request, const std::optional<SysError>& failure);
  void thaw(const Request& request);
  void stats(const Request& request);
  void remove(const Request& request);
  void work(const Request& request, Message& message);
  void cancelWork(const Request& request);
  void workerEnded(uint64_t number, const ChildEnd& end);

  // starts.cc
  void start(const Request& request, Message& message);
  std::vector<Fd> holdNeighbours(Shape& shape);
  void sendPlan(Container& container, uint64_t filter, const Request& request,
                const Message& message);
  void failStart(Container& container, const SysError& error);
  void slotBorn(const std::string& id);
  void watchContainer(Container& container);
  Received slotSaid(const std::string& id);
  void slotEnded(Container& container);

  // exec_agents.cc
  bool isWearable(uint64_t filter);
  void seatAgent(Container& container, uint64_t filter);
  void startAgent(Container& container, uint64_t worn);
  bool ask(Container& container, const ExecProcess& process);
  void askNext(Container& container);
  void askLater(Container& container);

  // agent_ends.cc
  void agentSaid(Container& container);
  enum class Successor { wanted, none };
  void agentEnded(Container& container, Successor successor);
  void failUnasked(Container& container, const std::string& failure);
  void dropAgent(Container& container);
  void retireAgent(Container& container);
  void leaveAgent(Container& container);
  static void killRetired(const Container& container);

  // execs.cc
  void exec(const Request& request, Message& message);
  Received hearExec(const Container& container, ExecProcess& process);
  void execSaid(const std::string& id, const std::string& execId);
  void execBorn(const Container& container, ExecProcess& process);
  void execReportEnded(Container& container, ExecProcess& process);
  void answerExec(ExecProcess& process);
  void failExec(Container& container, const std::string& execId);
  void sendLost(const ExecProcess& process);
  void endExecs(Container& container);
  void execEnded(const std::string& id, const std::string& execId, const ChildEnd& end);
  void endOf(const std::string& id);

  // unborn.cc
  void killUnborn(Container& container, ExecProcess& process);
  void lookForUnborn(const std::string& id, const std::string& execId);

  // untold.cc
  void collectUntold();
  void lookForUntold();
  bool collected(pid_t pid);
  void hearBirths();
  bool isKnown(pid_t pid) const;

  // failures.cc
  Loop::Guard guard(const std::string& id);
  void containerFailed(const std::string& id, const SysError& error);
  void endAllExecs(Container& container);
  void tellFailure(Container& container, const SysError& error);
  static void thawKilled(Container& container);

  // ends.cc
  void containerEnded(const std::string& id, const ChildEnd& end);
  static void killMembers(const Container& container);
  static std::string endReport(const Container& container);
  void reportEnd(Container& container);
  void finishEnd(const std::string& id, std::string report, int tries);
  void removeLater(std::function<void()> work, int delayMs = 100);
  void shutdown();
  void killEverything(const std::vector<const Slot*>& slots);

  // pool.cc
  struct PoolKind {
    Shape shape;
    std::string image;
    Sample sample;
    std::vector<KeptRoot> roots;  // for the next slots
    size_t target = 0;
    uint64_t lastUseNs = 0;
  };
  static std::string kindKey(const std::string& shapeKey, const std::string& image);
  Slot newSlot(const Shape& shape, const std::string& image, std::string_view plan);
  Slot takeSlot(const Shape& shape, const std::string& image, std::string_view plan);
  void forgetOldKinds();
  void forgetKind(const std::string& key);
  bool keepRoot(Container& container);
  void slotIsIdle(Slot& slot, Message& message);
  void dropWaiting(const PoolKind& kind);
  void refillSoon();
  void refillLater(int delayMs);
  bool refill();
  void prepareSlot(PoolKind& kind);
  void poolSlotSaid(const std::string& name);
  SlotOrder order(const Shape& shape, const std::string& image);
  std::shared_ptr<CgroupParent> parentFor(const Shape& shape);
  void dropSlot(Slot& slot);
  void removeSlot(const std::shared_ptr<CgroupParent>& parent, const std::string& name,
                  const std::string& dir, int tries);
  void sweep(const std::string& dir);

  // repair.cc
  void makeFolders();
  void recordParent(const std::string& path);
  void claimFolders();
  void claimCgroup();
  void repairOthers();
  void repairLostCgroups();
  void repair(const std::string& id);
  bool hasLivingCgroup(const std::string& id) const;
  // Where the cgroups of an engine are: below the root of each hierarchy, or, for
  // an ordinary user, below the cgroup that was delegated.
  std::string cgroupPlace(const std::string& id) const {
    return (settings_.rootless ? "slipway-" : "/slipway/") + id;
  }
  void dropScope();
  void abandonFolders() noexcept;

  std::string runFolder() const { return settings_.run + "/" + settings_.id; }
  std::string scopeFolder() const { return settings_.root + "/scope/" + settings_.id; }
  Container& find(const std::string& id);
  // Throws for `fds`. A failure of the channel itself ends the loop, whoever was
  // about to speak.
  void send(const std::string& text, std::span<const int> fds = {});
  void sendStarted(uint64_t request, pid_t pid, const std::string& dir, StartReport& start);
  void sendDone(uint64_t request, const std::string& result = "null");
  void sendFailed(uint64_t request, const SysError& error);
  // For failures that answer no request: "remove" what is left over, "prepare" a
  // start in advance, "serve" a container.
  void sendWarning(const char* about, const SysError& error);
  void forgetInChild();

  Fd& control_;
  std::optional<SysError> lost_;  // why nothing more can be said over it
  EngineSettings settings_;
  CgroupLayout layout_;
  std::shared_ptr<CgroupParent> parent_;
  std::map<std::string, std::shared_ptr<CgroupParent>> otherParents_;
  std::map<std::string, int> otherLevels_;  // by path: how many folders to remove with it
  SlotEnvironment environment_;
  SeccompFilters filters_;             // those that Node has not given back, by number
  uint64_t filterCount_ = 0;           // of all times
  std::map<uint64_t, bool> wearable_;  // those of them that an exec has asked for
  Loop loop_;
  Sweeper sweeper_;
  Fd lock_, cgroupLock_;
  std::map<std::string, std::unique_ptr<Container>> containers_;

  std::set<pid_t> agents_;  // not collected yet
  std::set<pid_t> untold_;  // children that agents have borne and that told nothing

  std::map<std::string, PoolKind> kinds_;  // by shape and image
  std::map<std::string, Slot> waiting_;    // by name
  uint64_t slotCount_ = 0;
  uint64_t lastJoinNs_ = 0;   // when a slot last wrote its cgroup.procs
  uint64_t lastEventNs_ = 0;  // when a container last started or ended
  bool refillDue_ = false;    // a timer for it is set

  struct Worker {
    uint64_t request = 0;
    Fd pidfd, socket;
  };
  std::map<uint64_t, std::unique_ptr<Worker>> workers_;
};

}  // namespace slipway
