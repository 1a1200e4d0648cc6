#include "support/xml.h"

#include <Poco/AutoPtr.h>
#include <Poco/DOM/DOMParser.h>
#include <Poco/DOM/Document.h>
#include <Poco/DOM/Element.h>
#include <Poco/SAX/XMLReader.h>

#include <string>

#include "json/builder.h"

namespace tsunagi::support {
namespace {

using fhir::Primitive;
using Poco::XML::Element;

class Converter {
public:
    Converter(json::Document& document, const fhir::Definitions& definitions)
        : builder_(document), definitions_(definitions) {}

    std::string resource(const Element& from, json::Node* into) {
        const fhir::TypeDef* type = definitions_.type(from.localName());
        if (!type) return "unknown resource " + from.localName();
        builder_.set(into, "resourceType", from.localName());
        return members(from, *type, into);
    }

private:
    std::string members(const Element& from, const fhir::TypeDef& type, json::Node* into) {
        for (const char* attribute : {"id", "url"}) {
            if (from.hasAttribute(attribute))
                builder_.set(into, attribute, from.getAttribute(attribute));
        }
        for (auto* at = from.firstChild(); at; at = at->nextSibling()) {
            const auto* child = dynamic_cast<const Element*>(at);
            if (!child) continue;
            const std::string& name = child->localName();
            if (name == "div") {
                builder_.set(into, name, "<div xmlns=\"http://www.w3.org/1999/xhtml\"/>");
                continue;
            }
            const fhir::Member* member = type.find(name);
            if (!member) return "unknown element " + name + " of " + std::string{type.name};
            if (std::string fault = add(*child, name, *member, into); !fault.empty()) return fault;
        }
        return {};
    }

    std::string add(const Element& child, const std::string& name, const fhir::Member& member,
                    json::Node* into) {
        const fhir::TypeDef& type = *member.type->type;
        const bool many = member.element->is_array;
        if (type.primitive == Primitive::None) {
            json::Node* object =
                many ? builder_.add_object(builder_.require(into, name, json::Kind::Array))
                     : builder_.set_object(into, name);
            if (type.kind == fhir::TypeKind::Resource) {
                for (auto* at = child.firstChild(); at; at = at->nextSibling()) {
                    if (const auto* inner = dynamic_cast<const Element*>(at))
                        return resource(*inner, object);
                }
                return "empty " + name;
            }
            return members(child, type, object);
        }
        return primitive(child, name, type, many, into);
    }

    std::string primitive(const Element& child, const std::string& name, const fhir::TypeDef& type,
                          bool many, json::Node* into) {
        json::Node* value = builder_.detached(json::Kind::Null);
        if (child.hasAttribute("value")) {
            const std::string& text = child.getAttribute("value");
            if (type.primitive == Primitive::Boolean) {
                builder_.assign(value, text == "true");
            } else if (type.primitive == Primitive::Integer ||
                       type.primitive == Primitive::Decimal ||
                       type.primitive == Primitive::PositiveInt ||
                       type.primitive == Primitive::UnsignedInt) {
                builder_.assign_number(value, text);
            } else {
                builder_.assign(value, text);
            }
        }
        json::Node* beside = builder_.detached(json::Kind::Object);
        if (std::string fault = members(child, type, beside); !fault.empty()) return fault;
        if (!many) {
            if (child.hasAttribute("value")) builder_.attach(into, name, value);
            if (beside->first) builder_.attach(into, "_" + name, beside);
            return {};
        }
        json::Node* list = builder_.require(into, name, json::Kind::Array);
        builder_.attach(list, value);
        if (beside->first) {
            json::Node* others = builder_.require(into, "_" + name, json::Kind::Array);
            while (others->size + 1 < list->size) builder_.add_null(others);
            builder_.attach(others, beside);
        }
        return {};
    }

    json::Builder builder_;
    const fhir::Definitions& definitions_;
};

}  // namespace

Result<json::Document> json_of_xml(std::string_view xml, const fhir::Definitions& definitions) {
    try {
        Poco::XML::DOMParser parser;
        parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, true);
        const Poco::AutoPtr<Poco::XML::Document> dom = parser.parseString(std::string{xml});
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        if (std::string fault =
                Converter(document, definitions).resource(*dom->documentElement(), root);
            !fault.empty()) {
            return Error{Code::Invalid, fault, {}};
        }
        return document;
    } catch (const std::exception& fault) {
        return Error{Code::Invalid, fault.what(), {}};
    }
}

}  // namespace tsunagi::support
