#pragma once
#include <string>
#include <vector>

#include "base/random.h"
#include "fhir/definitions.h"
#include "json/builder.h"
#include "json/document.h"
#include "translate/reading.h"

/// Packets made from the models alone: every cell can occur, with every code of its list. They need
/// not make sense, unless they are asked to. People with lives, and lists of what must never leak,
/// are in simulate/packet_generator.h.
namespace tsunagi::translate {

/// What a written text is, by the model: which cell, and how sensitive (direct-identifier, …).
struct CellLabel {
    std::string cell;  ///< "Packet.identity.name"
    std::string sensitivity;
    std::string text;
};

class AnyPacket {
public:
    /// `variant` picks the codes and truths; `leave_out` of 100 optional cells are missing.
    /// `makes_sense`: they keep the conditions of the models on lists and files (then the label of
    /// a statement may be of another code).
    AnyPacket(const fhir::Definitions& definitions, std::uint64_t variant, unsigned leave_out,
              bool makes_sense = false)
        : definitions_(definitions),
          random_(variant),
          variant_(variant),
          leave_out_(leave_out),
          makes_sense_(makes_sense) {}

    json::Document make(std::string_view model) {
        labels_.clear();
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        const fhir::TypeDef* type = definitions_.type(model);
        builder.set(root, "resourceType", type->name);
        fill(builder, root, *type, std::string{type->name});
        return document;
    }
    /// Of every leaf of the last packet, in its order.
    const std::vector<CellLabel>& labels() const { return labels_; }

private:
    void fill(json::Builder& builder, json::Node* object, const fhir::TypeDef& type,
              const std::string& above) {
        for (const fhir::ElementDef* element : type.elements) {
            if (element->name == "id" || element->name == "extension" ||
                element->name == "modifierExtension")
                continue;
            if (element->min == 0 && random_.below(100) < leave_out_) continue;
            const fhir::TypeRef& kind = element->types[0];
            const bool primitive = kind.type->kind == fhir::TypeKind::Primitive;
            const std::size_t count = element->is_array ? 1 + random_.below(3) : 1;
            json::Node* list =
                element->is_array ? builder.set_array(object, element->name) : nullptr;
            for (std::size_t item = 0; item < count; ++item) {
                std::string cell = above + "." + std::string{element->name};
                if (element->is_array) cell += "[" + std::to_string(item) + "]";
                if (primitive) {
                    json::Document value;
                    write(value, *element, *kind.type);
                    constexpr std::string_view kSensitivity =
                        "https://tsunagi.example/fhir/StructureDefinition/sensitivity";
                    labels_.push_back({cell, std::string{element->facet(kSensitivity)},
                                       std::string{value.root()["v"].text()}});
                    list ? builder.add(list, value.root()["v"])
                         : builder.set(object, element->name, value.root()["v"]);
                } else {
                    fill(
                        builder,
                        list ? builder.add_object(list) : builder.set_object(object, element->name),
                        *kind.type, cell);
                }
            }
        }
        if (makes_sense_) make_sense(builder, object, type);
    }

    /// A list is stated as present exactly when it has items; data come with their format.
    static void make_sense(json::Builder& builder, json::Node* object, const fhir::TypeDef& type) {
        const bool is_list = type.element("statement") && type.element("items");
        if (is_list && json::Builder::find(object, "items")) {
            builder.set(object, "statement", "present");
        } else if (is_list && json::Value{object}["statement"].text() == "present") {
            builder.set(object, "statement", "none");
        }
        const bool is_file = type.element("contentType") && json::Builder::find(object, "data");
        if (is_file) builder.set(object, "contentType", "application/pdf");
    }

    void write(json::Document& into, const fhir::ElementDef& element, const fhir::TypeDef& type) {
        json::Builder builder(into);
        json::Node* box = builder.object();
        const std::uint64_t turn = variant_ + serial_++;
        if (element.binding && element.binding->set && element.binding->set->size() > 0) {
            const auto* set = element.binding->set;
            return builder.set(box, "v", set->at(turn % set->size()).code);
        }
        if (type.primitive == fhir::Primitive::Boolean) return builder.set(box, "v", turn % 2 == 0);
        if (type.name == "integer" || type.name == "positiveInt")
            return builder.set_number(box, "v", static_cast<std::int64_t>(1 + turn % 90));
        if (type.name == "decimal") return builder.set_number(box, "v", "1.50");
        if (type.name == "dateTime") return builder.set(box, "v", "2026-11-20T10:42:00+09:00");
        if (type.name == "base64Binary") return builder.set(box, "v", "QUJD");
        const std::string_view reading = element.facet(kReading);
        if (reading == "japanese-date") return builder.set(box, "v", "令和8年11月20日");
        if (reading == "initials") return builder.set(box, "v", "Ｔ．Ｙ．");
        if (reading == "phone") return builder.set(box, "v", "０４２－０００－１２３４（代表）");
        if (reading == "postal-code") return builder.set(box, "v", "１８８－０００１");
        if (reading == "kana") return builder.set(box, "v", turn % 2 == 0 ? "ﾃｽﾄ" : "てすと　かな");
        if (reading == "person-name")
            return builder.set(box, "v", turn % 2 == 0 ? "試験" : "試験　太郎");
        if (type.name == "code")
            return builder.set(box, "v",
                               element.name == "contentType" ? "application/pdf" : "hp-tanashi");
        builder.set(box, "v", "文字 <" + std::to_string(turn) + "> & \"引用\"");
    }

    const fhir::Definitions& definitions_;
    SeededRandom random_;
    std::uint64_t variant_;
    std::uint64_t serial_ = 0;
    unsigned leave_out_;
    bool makes_sense_;
    std::vector<CellLabel> labels_;
};

}  // namespace tsunagi::translate
