// SPDX-License-Identifier: Apache-2.0
#include "image/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <new>

#include "image/copy_tree.h"
#include "image/pack.h"
#include "image/remove_tree.h"
#include "image/unpack.h"
#include "image/unpack_error.h"
#include "spec/json.h"
#include "spec/json_writer.h"
#include "sys/error.h"
#include "sys/failpoint.h"

namespace slipway {
namespace {

using json::Value;
using json::Writer;

Fd openFolder(const std::string& path) {
  return Fd(
      check(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open folder", "open", path));
}

void refuseUnknown(const Value& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.members()) {
    bool found = false;
    for (const std::string_view name : known) found |= key == name;
    if (!found) value.refuse("is not known");
  }
}

Whiteouts whiteoutsOf(const Value& value) {
  static constexpr std::string_view kNames[] = {"refuse", "overlay", "plain"};
  const std::string name = value.asOneOf(kNames);
  return name == "refuse"    ? Whiteouts::refuse
         : name == "overlay" ? Whiteouts::overlay
                             : Whiteouts::plain;
}

UnpackOptions unpackOptions(const Value& request) {
  UnpackOptions options;
  const auto given = request.find("options");
  if (!given) return options;
  refuseUnknown(*given,
                {"whiteouts", "squashOwners", "keepKinds", "sync", "maxBytes", "maxEntries"});
  given->read("whiteouts", options.whiteouts, whiteoutsOf);
  given->read("squashOwners", options.squashOwners);
  given->read("keepKinds", options.keepKinds);
  given->read("sync", options.sync);
  given->read("maxBytes", options.limits.maxBytes);
  given->read("maxEntries", options.limits.maxEntries);
  return options;
}

CopyOptions copyOptions(const Value& request) {
  CopyOptions options;
  const auto given = request.find("options");
  if (!given) return options;
  refuseUnknown(*given, {"squashOwners", "sync"});
  given->read("squashOwners", options.squashOwners);
  given->read("sync", options.sync);
  return options;
}

void writeCounts(Writer& out, const MetadataCounts& counts) {
  out.field("squashedOwners", counts.squashedOwners)
      .field("skippedXattrs", counts.skippedXattrs)
      .field("droppedXattrs", counts.droppedXattrs);
}

void unpack(const Value& request, int archive, Writer& out) {
  const Fd folder = openFolder(request.get<std::string>("path"));
  const UnpackResult result = unpackTar(archive, folder.get(), unpackOptions(request));
  out.field("entries", result.entries)
      .field("fileBytes", result.fileBytes)
      .field("archiveBytes", result.archiveBytes)
      .field("skippedDevices", result.skippedDevices)
      .field("whiteouts", result.whiteouts);
  writeCounts(out, result.metadata);
}

void pack(const Value& request, int archive, Writer& out) {
  const Fd folder = openFolder(request.get<std::string>("path"));
  const PackResult result = packTar(folder.get(), archive);
  out.field("entries", result.entries)
      .field("archiveBytes", result.archiveBytes)
      .field("skippedSockets", result.skippedSockets)
      .field("skippedMounts", result.skippedMounts);
}

void copy(const Value& request, Writer& out) {
  const Fd source = openFolder(request.get<std::string>("source"));
  const Fd destination = openFolder(request.get<std::string>("destination"));
  const CopyResult result = copyTree(source.get(), destination.get(), copyOptions(request));
  out.field("entries", result.entries)
      .field("fileBytes", result.fileBytes)
      .field("skippedDevices", result.skippedDevices)
      .field("skippedSockets", result.skippedSockets)
      .field("skippedMounts", result.skippedMounts);
  writeCounts(out, result.metadata);
}

void remove(const Value& request) {
  const std::string path = request.get<std::string>("path");
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) request.at("path").refuse("expected an absolute path");
  const Fd parent(
      open(slash == 0 ? "/" : path.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent && errno == ENOENT) return;
  check(parent.get(), "open folder", "open", path);
  removeTree(parent.get(), path.substr(slash + 1));
}

void move(const Value& request) {
  const std::string source = request.get<std::string>("source");
  const std::string destination = request.get<std::string>("destination");
  check(rename(source.c_str(), destination.c_str()), "move folder", "rename", destination);
}

void run(const Value& request, const std::vector<Fd>& fds, Writer& out) {
  const std::string op = request.get<std::string>("op");
  const bool streams = op == "unpack" || op == "pack";
  if (streams != (fds.size() == 1)) request.at("op").refuse("has a wrong number of descriptors");
  if (op == "unpack") return unpack(request, fds[0].get(), out);
  if (op == "pack") return pack(request, fds[0].get(), out);
  if (op == "copy") return copy(request, out);
  if (op == "remove") return remove(request);
  if (op == "move") return move(request);
  request.at("op").refuse("is not known");
}

std::string refusal(const UnpackError& error) {
  Writer out;
  out.beginObject().key("result").beginObject().key("refused").beginObject();
  out.field("code", error.code).field("path", error.path).field("message", error.message);
  out.endObject().endObject().endObject();
  return out.take();
}

std::string complain(const SysError& error) {
  Writer out;
  out.beginObject().key("error").beginObject();
  out.field("step", error.step).field("syscall", error.syscall).field("path", error.path);
  out.field("errno", error.err).field("hint", error.hint);
  out.endObject().endObject();
  return out.take();
}

}  // namespace

std::string runImageWorker(std::string_view request, const std::vector<Fd>& fds) {
  umask(022);
  signal(SIGPIPE, SIG_IGN);
  try {
    failPoint("work on files");
    const json::Document document = json::parse(request);
    Writer out;
    out.beginObject().key("result").beginObject();
    run(document.root(), fds, out);
    out.endObject().endObject();
    return out.take();
  } catch (const SysError& error) {
    return complain(error);
  } catch (const UnpackError& error) {
    return refusal(error);
  } catch (const json::JsonError& error) {
    return complain(SysError("read request", "", error.field, EINVAL, error.message));
  } catch (const std::bad_alloc&) {
    return complain(SysError("image work", "malloc", "", ENOMEM));
  }
}

}  // namespace slipway
