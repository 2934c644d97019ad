// SPDX-License-Identifier: Apache-2.0
// The namespaces of a Spec as clone and setns flags (namespaces(7)).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/spec.h"

namespace slipway {

// CLONE_NEW* of an OCI namespace type; throws for an unknown one.
unsigned namespaceFlag(const std::string& type);

// Flags of the namespaces that are to be new (no path).
unsigned newNamespaces(const std::vector<spec::Namespace>& namespaces);

// Containers whose namespaces are joined: their first processes, as pidfds, by
// the path that stands for them, `container:<id>`. A number in /proc may be
// somebody else's by the time it is looked up.
using Neighbours = std::map<std::string, int>;

// setns(2) into one namespace, by its file or by its neighbour.
void joinNamespace(const spec::Namespace& wanted, const Neighbours& neighbours);

// Into each that has a path but the pid and the user namespace, which are
// entered before the fork: the one by children only, and the other owns the
// namespaces that the fork makes.
void joinNamespaces(const std::vector<spec::Namespace>& namespaces, const Neighbours& neighbours);

// The pidfd; throws where the path names no neighbour.
int neighbourPidfd(const Neighbours& neighbours, const std::string& path);

// Makes a time namespace with these offsets and enters it (time_namespaces(7)).
void enterTimeNamespace(const std::map<std::string, spec::TimeOffset>& offsets);

}  // namespace slipway
