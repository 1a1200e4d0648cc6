# The FHIR package of this folder as FHIR tools take it: cmake -DSOURCE=profiles -DOUT=build/share -P package.cmake
# writes OUT/jp.tsunagi-<version>.tgz with package/package.json, package/.index.json and one <Type>-<id>.json per definition.
# Forms' disclosure lists and programme files are no FHIR resources and stay out.
file(READ ${SOURCE}/package.json manifest)
string(JSON name GET "${manifest}" name)
string(JSON version GET "${manifest}" version)
set(folder ${OUT}/${name})
file(REMOVE_RECURSE ${folder})
file(MAKE_DIRECTORY ${folder}/package)
file(COPY ${SOURCE}/package.json DESTINATION ${folder}/package)

file(GLOB definitions ${SOURCE}/models/*.json ${SOURCE}/resources/*.json ${SOURCE}/extensions/*.json ${SOURCE}/terminology/*.json
     ${SOURCE}/naming/*.json ${SOURCE}/api/*.json ${SOURCE}/questionnaires/*.json)
set(rows "")
foreach(file IN LISTS definitions)
  file(READ ${file} text)
  string(JSON type GET "${text}" resourceType)
  string(JSON id GET "${text}" id)
  set(row "{\"filename\":\"${type}-${id}.json\",\"resourceType\":\"${type}\",\"id\":\"${id}\"")
  foreach(member url version kind type)
    string(JSON value ERROR_VARIABLE missing GET "${text}" ${member})
    if(NOT missing)
      string(APPEND row ",\"${member}\":\"${value}\"")
    endif()
  endforeach()
  list(APPEND rows "${row}}")
  file(COPY_FILE ${file} ${folder}/package/${type}-${id}.json)
endforeach()
list(JOIN rows ",\n" rows)
file(WRITE ${folder}/package/.index.json "{\"index-version\":1,\"files\":[\n${rows}\n]}\n")
execute_process(COMMAND ${CMAKE_COMMAND} -E tar czf ${OUT}/${name}-${version}.tgz --format=gnutar --mtime=2026-11-21 package
                WORKING_DIRECTORY ${folder} COMMAND_ERROR_IS_FATAL ANY)
