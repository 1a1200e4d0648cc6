#pragma once
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/pack_writer.h"
#include "json/reader.h"

namespace tsunagi::fhir {

/// A pack of a handful of types, enough for the tests of this folder; the real ones are tested in
/// tests/packages.
inline Bytes small_pack() {
    constexpr std::string_view kTypes[] = {
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/Element","kind":"complex-type",
            "abstract":true,"type":"Element","snapshot":{"element":[{"path":"Element","min":0,"max":"*"},
            {"path":"Element.id","min":0,"max":"1","type":[{"code":"http://hl7.org/fhirpath/System.String","extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type","valueUrl":"string"}]}]}]}})",
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/BackboneElement","kind":"complex-type",
            "type":"BackboneElement","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","derivation":"specialization",
            "snapshot":{"element":[{"path":"BackboneElement","max":"*"},
            {"path":"BackboneElement.id","max":"1","type":[{"code":"string"}]}]}})",
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/string","kind":"primitive-type",
            "type":"string","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","derivation":"specialization",
            "snapshot":{"element":[{"path":"string","max":"*"},{"path":"string.id","max":"1","type":[{"code":"string"}]},
            {"path":"string.value","max":"1","type":[{"code":"http://hl7.org/fhirpath/System.String"}]}]}})",
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/code","kind":"primitive-type",
            "type":"code","baseDefinition":"http://hl7.org/fhir/StructureDefinition/string","derivation":"specialization",
            "snapshot":{"element":[{"path":"code","max":"*"},{"path":"code.id","max":"1","type":[{"code":"string"}]}]}})",
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/id","kind":"primitive-type",
            "type":"id","baseDefinition":"http://hl7.org/fhir/StructureDefinition/string","derivation":"specialization",
            "snapshot":{"element":[{"path":"id","max":"*"},{"path":"id.id","max":"1","type":[{"code":"string"}]}]}})",
        R"({"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/Thing","kind":"resource",
            "type":"Thing","derivation":"specialization","snapshot":{"element":[{"path":"Thing","max":"*"},
            {"path":"Thing.id","max":"1","type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
            {"path":"Thing.part","max":"*","min":1,"short":"A part","type":[{"code":"BackboneElement"}],
             "constraint":[{"key":"th-1","severity":"error","human":"h","expression":"name.exists() = true"}]},
            {"path":"Thing.part.name","max":"1","type":[{"code":"string"}]},
            {"path":"Thing.part.part","max":"*","contentReference":"#Thing.part"},
            {"path":"Thing.value[x]","max":"1","type":[{"code":"string"},{"code":"code"}],
             "binding":{"strength":"required","valueSet":"https://t.example/ValueSet/colour|1"}}]
}
})",
    };
    std::vector<json::Document> documents;
    PackWriter writer;
    for (const std::string_view text : kTypes) {
        documents.push_back(std::move(json::read(text)).value());
        if (const Status added = writer.add(documents.back().root()); !added) return {};
    }
    return std::move(writer.finish()).value();
}

}  // namespace tsunagi::fhir
