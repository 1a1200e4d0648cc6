#pragma once
#include <string>
#include <string_view>

namespace tsunagi::peers {

/// The element that an issue means, written the same way for both validators:
/// "Bundle.entry[3].resource.name.family". `code` and `message` are the issue's.
/// Taken away: comments ("/*Patient/1*/"), type casts (".ofType(Quantity)", "(x as Quantity)"),
/// slice names and extension URLs in brackets ("[url='…']", ":slice"), ".resolve()", and an index
/// 0, which HAPI also writes where JSON has no array. Where the two name different steps of one
/// fault, the step is:
///   missing, too many, slice missing   the element itself; HAPI stands on its parent and names it
///                                      in the message
///   a code that no list holds          the CodeableConcept or Coding; we name its code
///   a wrong target                     the Reference; we name its text
std::string element_key(std::string_view expression, std::string_view code = {},
                        std::string_view message = {});

}  // namespace tsunagi::peers
