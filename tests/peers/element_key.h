#pragma once
#include <string>
#include <string_view>

namespace tsunagi::peers {

/// The element that an issue means, written the same way for both validators:
/// "Bundle.entry[3].resource.name[0].family".
/// Taken away: comments ("/*Patient/1*/"), type casts (".ofType(Quantity)", "(x as Quantity)"),
/// slice names and extension URLs in brackets ("[url='…']", ":slice"), ".resolve()", an index 0
/// that HAPI leaves out of single elements, and the type letters of a choice ("valueQuantity" is
/// "value" in FHIRPath; neither validator writes the former). HAPI reports a missing element at its
/// parent and names it in the message ("Patient.name: minimum required = 1, but only found 0"); so
/// does `message`, when given: the name is appended.
std::string element_key(std::string_view expression, std::string_view message = {});

}  // namespace tsunagi::peers
