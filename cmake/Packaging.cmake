# SPDX-License-Identifier: Apache-2.0
#
# Debian packages, one for each component: stateserver, stateclient, stateserver-workers.
#   cmake --build build/release && (cd build/release && cpack)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stateserver)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "stateserver maintainers <maintainers@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server client workers)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME stateserver)
set(CPACK_COMPONENT_SERVER_DESCRIPTION "SQLMesh's state and StarRocks schemas as a gRPC service
 Serves Export, Import and Migrate on SQLMesh's own state tables in PostgreSQL,
 and journaled revisions of StarRocks schemas.")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "stateserver-workers, stateclient")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "postgresql")

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME stateclient)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS "stateserver-workers")
set(CPACK_COMPONENT_CLIENT_DESCRIPTION "command line of stateserver
 Exports, imports and migrates SQLMesh's state, and upgrades StarRocks schemas,
 through a stateserver.")

set(CPACK_DEBIAN_WORKERS_PACKAGE_NAME stateserver-workers)
set(CPACK_DEBIAN_WORKERS_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_WORKERS_PACKAGE_DEPENDS "python3 (>= 3.9)")
set(CPACK_DEBIAN_WORKERS_PACKAGE_SHLIBDEPS OFF)
set(CPACK_COMPONENT_WORKERS_DESCRIPTION "Python processes of stateserver
 Rewrite Python in states of old SQLMesh releases, compute fingerprints, and
 export a project's own models.")
include(CPack)
