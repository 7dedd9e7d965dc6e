//===- Explain.cpp - derivations as text ------------------------------------------------------===//
#include "lib/Derive/Explain.h"

#include "lib/Derive/Derivation.h"

#include "llvm/ADT/StringExtras.h"

#include <set>

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

//===------------------------------------------------------------------------------------------===//
// Text of forms, atoms and sums. Vectors of the layer in context go without its name.
//===------------------------------------------------------------------------------------------===//

std::string Terms::layerName(unsigned number) const {
  if (number == 0)
    return dp::ModelOp(model).getInput().getName().str();
  return layer(number).getName().str();
}

/// Joins `coefficient*text` parts into a sum.
static std::string joinSum(ArrayRef<std::pair<Coefficient, std::string>> parts) {
  std::string result;
  for (const auto &[coefficient, text] : parts) {
    std::string factor = coefficient.str();
    bool negative = false;
    if (factor.starts_with("-") && factor.find_first_of("+- ", 1) == std::string::npos) {
      negative = true;
      factor = factor.substr(1);
    }
    result += result.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
    if (factor == "1")
      result += text;
    else if (factor.find_first_of(" /") != std::string::npos)
      result += "(" + factor + ")*" + text;
    else
      result += factor + "*" + text;
  }
  return result.empty() ? "0" : result;
}

std::string Terms::str(const Form &form, unsigned layer) const {
  if (layer == 0) {
    std::string name = layerName(0);
    return form.front().isOne() ? name : joinSum({{form.front(), name}});
  }
  SmallVector<std::pair<Coefficient, std::string>> parts;
  for (auto [index, coefficient] : llvm::enumerate(form))
    if (!coefficient.isZero())
      parts.push_back({coefficient, compartment(index).getName().str()});
  std::string text = joinSum(parts);
  auto defined = definedForms.find({layer, text});
  return defined == definedForms.end() ? text : defined->second;
}

std::string Terms::str(const Sum &sum, unsigned context) const {
  // A sum of compartments of one layer that is a defined form goes by its name.
  Form form(compartments.size());
  std::optional<unsigned> layer;
  bool isForm = !sum.empty();
  for (const Sum::Entry &entry : sum) {
    const Atom &atom = (*this)[entry.atom];
    isForm &= atom.kind == Atom::Kind::compartment && (!layer || *layer == atom.layer);
    if (!isForm)
      break;
    layer = atom.layer;
    form[atom.index] = entry.coefficient;
  }
  if (isForm) {
    std::string text = str(form, *layer);
    bool named = text.find(' ') == std::string::npos && text.find('*') == std::string::npos;
    if (named)
      return *layer == context ? text : layerName(*layer) + "." + text;
  }
  SmallVector<std::pair<Coefficient, std::string>> parts;
  for (const Sum::Entry &entry : sum)
    parts.push_back({entry.coefficient, str(entry.atom, context)});
  return joinSum(parts);
}

std::string Terms::str(AtomId id, unsigned context) const {
  const Atom &atom = (*this)[id];
  std::string prefix = atom.layer == context ? "" : layerName(atom.layer) + ".";
  auto ownName = [&] { return compartment(atom.index).getName().str(); };
  auto unknown = [&] {
    auto found = unknownNames.find({atom.layer, atom.index});
    return found == unknownNames.end() ? "unknown" + std::to_string(atom.index) : found->second;
  };
  auto reads = [&] {
    std::string text;
    for (auto [source, read] : llvm::zip(sourcesOf(atom.layer), atom.reads)) {
      std::string form = str(read, source);
      if (source != 0)
        form = form.find(' ') == std::string::npos ? layerName(source) + "." + form
                                                   : layerName(source) + ".(" + form + ")";
      text += (text.empty() ? "" : ", ") + form;
    }
    return text;
  };
  switch (atom.kind) {
  case Atom::Kind::compartment:
    return prefix + ownName();
  case Atom::Kind::previous:
    return prefix + "previous(" + ownName() + ")";
  case Atom::Kind::stored:
    return prefix + "stored(" + ownName() + ")";
  case Atom::Kind::inverse:
    return prefix + "inverse(" + str(atom.form, atom.layer) + ")";
  case Atom::Kind::affine:
    return prefix + "a(" + reads() + ")";
  case Atom::Kind::energyGradient:
    return prefix + "grad_G(" + str(atom.form, atom.layer) + ")";
  case Atom::Kind::exactLossGradient:
    return "grad_loss(" + str(atom.form, atom.layer) + ")";
  case Atom::Kind::lossGradient: {
    if (atom.point == dp::LossPoint::initial)
      return "grad_loss(forward)";
    if (atom.point == dp::LossPoint::previous)
      return "grad_loss(previous(" + str(atom.form, atom.layer) + "))";
    return "grad_loss(" + str(atom.inner, context) + ")";
  }
  case Atom::Kind::inverseSlope: {
    // By unknowns the slope is at an unknown, before that at a form.
    std::string at = atom.form.empty() ? unknown() : str(atom.form, atom.layer);
    return prefix + "(1/f')(" + at + ")*(" + str(atom.inner, context) + ")";
  }
  case Atom::Kind::transpose:
    return "W[" + layerName(atom.target) + "->" + layerName(atom.layer) + "]^T(" +
           str(atom.inner, context) + ")";
  case Atom::Kind::unknown:
    return unknown();
  case Atom::Kind::unknownInverse:
    return "inverse(" + unknown() + ")";
  case Atom::Kind::unknownLoss:
    return "grad_loss(" + unknown() + ")";
  case Atom::Kind::target:
    return "target";
  }
  llvm_unreachable("unknown atom");
}

//===------------------------------------------------------------------------------------------===//
// Explanations
//===------------------------------------------------------------------------------------------===//

/// `line 9`, `prelude line 4`: where a location stands; of a macro's term its use.
static void collectPlaces(Location location, std::set<std::pair<std::string, unsigned>> &places) {
  if (auto file = dyn_cast<FileLineColLoc>(location))
    places.insert({file.getFilename().str(), file.getLine()});
  else if (auto call = dyn_cast<CallSiteLoc>(location))
    collectPlaces(call.getCaller(), places);
  else if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      collectPlaces(part, places);
}

static std::string placesOf(ArrayRef<Location> origins) {
  std::set<std::pair<std::string, unsigned>> places;
  for (Location origin : origins)
    collectPlaces(origin, places);
  std::string text, file;
  for (const auto &[name, line] : places) {
    if (name != file)
      text += fmt::format(
          "{}{} line{} {}", text.empty() ? "" : "; ", name,
          llvm::count_if(places,
                         [&, &name = name](const auto &place) { return place.first == name; }) > 1
              ? "s"
              : "",
          line);
    else
      text += fmt::format(", {}", line);
    file = name;
  }
  return text;
}

static SmallVector<Location> originsOf(const Sum &sum) {
  SmallVector<Location> origins;
  for (const Sum::Entry &entry : sum)
    origins.append(entry.origins.begin(), entry.origins.end());
  return origins;
}

static std::string explainSolution(const Terms &terms, unsigned layer, const LayerUpdate &update,
                                   const Solution &solution) {
  std::string f = stringifyActivation(terms.activationOf(layer)).str();
  std::string argument = terms.str(solution.argument, layer);
  switch (solution.kind) {
  case Solution::Kind::activate:
    return terms.isZero(solution.rho)
               ? fmt::format("{}({})", f, argument)
               : fmt::format("{}[rho = {}]({})", f, solution.rho.str(), argument);
  case Solution::Kind::slope: {
    std::string text =
        fmt::format("{}'(at {}) .* ({})", f, update.coordinates.names[solution.mean], argument);
    return solution.rest.empty() ? text : text + " + " + terms.str(solution.rest, layer);
  }
  case Solution::Kind::linear:
    return argument;
  }
  llvm_unreachable("unknown solution");
}

/// The text of one layer's update, without the layer's own name.
static std::string explainLayer(const Terms &terms, unsigned layer, const LayerUpdate &update) {
  std::string text;
  for (auto [w, condition] : llvm::enumerate(update.conditions))
    text += fmt::format("  condition of {}: {} = 0\n      from {}\n", update.coordinates.names[w],
                        terms.str(condition, layer), placesOf(originsOf(condition)));
  bool secant = llvm::any_of(update.compartments, [](const Realized &c) { return c.secant; });
  auto row = [&](unsigned c) {
    SmallVector<std::pair<Coefficient, std::string>> parts;
    for (auto [w, coefficient] : llvm::enumerate(update.coordinates.toCompartments[c]))
      if (!coefficient.isZero())
        parts.push_back({coefficient, update.coordinates.names[w]});
    return joinSum(parts);
  };
  for (const Solution &solution : update.solutions)
    text += fmt::format("  {}: {} <- {}\n", secant ? "exact" : "solved",
                        update.coordinates.names[solution.unknown],
                        explainSolution(terms, layer, update, solution));
  std::string f = stringifyActivation(terms.activationOf(layer)).str();
  for (unsigned c = 0; c < terms.compartments.size(); ++c) {
    std::string name = terms.compartment(c).getName().str();
    const Realized &realized = update.compartments[c];
    if (realized.secant)
      text +=
          fmt::format("  {} <- {}({})   (secant)\n", name, f, terms.str(realized.argument, layer));
    else if (row(c) != name)
      text += fmt::format("  {} <- {}\n", name, row(c));
  }
  text += fmt::format("      from {}\n", placesOf(update.origins));
  return text;
}

/// Replaces whole-word layer names by their distance, so that layers of one pattern compare equal.
static std::string pattern(std::string text, const Terms &terms, unsigned layer) {
  auto isPart = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; };
  std::string result;
  for (size_t i = 0; i < text.size();) {
    size_t best = 0, offset = 0;
    if (i == 0 || !isPart(text[i - 1]))
      for (unsigned other = 0; other <= terms.numLayers(); ++other) {
        std::string name = terms.layerName(other);
        size_t end = i + name.size();
        bool word = text.compare(i, name.size(), name) == 0 &&
                    (end == text.size() || !isPart(text[end]) || text[end] == '.');
        if (word && name.size() > best && (other != 0 || layer != 0)) {
          best = name.size();
          offset = other == 0 ? 1000000 : other - layer;
        }
      }
    if (best != 0) {
      result += fmt::format("<{}>", static_cast<int>(offset));
      i += best;
    } else {
      result += text[i++];
    }
  }
  return result;
}

static std::string explainGradient(const Terms &terms, const Gradient &gradient) {
  std::string reads;
  for (auto [source, read] : llvm::zip(terms.sourcesOf(gradient.layer), gradient.reads)) {
    std::string form = terms.str(read, source);
    reads +=
        (reads.empty() ? "" : ", ") + (source == 0 ? form : terms.layerName(source) + "." + form);
  }
  std::string cotangent = terms.str(gradient.cotangent, gradient.layer);
  std::string scale = gradient.scale.isOne() ? "" : gradient.scale.str();
  if (scale.find_first_of(" /") != std::string::npos)
    scale = "(" + scale + ")";
  return fmt::format("{}{}({}) x ({})\n      from {}\n", scale, scale.empty() ? "" : " * ",
                     cotangent, reads, placesOf(gradient.origins));
}

/// Prints consecutive layers of one pattern once, under all their names.
static std::string group(const Terms &terms, ArrayRef<std::pair<unsigned, std::string>> sections,
                         llvm::function_ref<std::string(StringRef)> title) {
  std::string text;
  for (size_t i = 0; i < sections.size();) {
    auto [layer, body] = sections[i];
    std::string names = terms.layerName(layer);
    size_t next = i + 1;
    while (next < sections.size() && pattern(sections[next].second, terms, sections[next].first) ==
                                         pattern(body, terms, layer))
      names += ", " + terms.layerName(sections[next++].first);
    text += title(names) + body;
    if (next > i + 1)
      text += fmt::format("      (written for {}; the others alike)\n", terms.layerName(layer));
    i = next;
  }
  return text;
}

FailureOr<std::string> derive::explain(dp::ModelOp model) {
  FailureOr<Derivation> derivation = derive(model);
  if (failed(derivation))
    return failure();
  const Terms &terms = derivation->terms;
  std::string text = fmt::format("network {}\n", model.getSymName().str());
  for (NamedAttribute parameter : model.getParameters())
    text += fmt::format("  {} = {}\n", parameter.getName().str(),
                        cast<StringAttr>(parameter.getValue()).getValue().str());
  SmallVector<std::pair<unsigned, std::string>> layers, gradients;
  for (unsigned layer = 1; layer <= terms.numLayers(); ++layer)
    layers.push_back({layer, explainLayer(terms, layer, derivation->updates[layer - 1])});
  for (const Gradient &gradient : derivation->gradients)
    gradients.push_back({gradient.layer, explainGradient(terms, gradient)});
  text += group(terms, layers,
                [](StringRef names) { return fmt::format("\nlayer {}\n", names.str()); });
  text += "\ngradients (batch means)\n";
  text += group(terms, gradients,
                [](StringRef names) { return fmt::format("  dL/dW[{}] = ", names.str()); });
  return text;
}
