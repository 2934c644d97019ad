# The sources and flags come from the lists under cpp/, which CMakeLists.txt reads too.
{
  'variables': {
    'version': '<!(node -p "require(\'./package.json\').version")',
    'simdjson': '<!(node -p "path.dirname(require.resolve(\'@nozbe/simdjson/package.json\'))")',
  },
  'target_defaults': {
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-exceptions', '-fno-rtti', '-O3'],
    'cflags!': ['-O3', '-fno-exceptions'],
    'cflags_cc': ['<!@(cat cpp/flags.txt)', '-isystem<(simdjson)/src'],
    'include_dirs': ['cpp'],
    'defines': ['SLIPWAY_VERSION="<(version)"'],
  },
  'targets': [
    {
      'target_name': 'slipway',
      'sources': ['<!@(cat cpp/addon.txt)'],
      'dependencies': ['<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except_all'],
      # A worker thread that is terminated can be thrown nothing: that ends no process.
      'defines': ['NAPI_VERSION=9', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'ldflags': ['-static-libstdc++', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-Wl,-z,nodelete',
                  '-Wl,--version-script=<(module_root_dir)/cpp/addon.exports'],
    },
    {
      'target_name': 'slipway-runtime',
      'type': 'executable',
      'sources': ['<!@(cat cpp/core.txt cpp/runtime.txt)'],
      'ldflags!': ['-rdynamic'],
      'ldflags': ['-static', '-s', '-Wl,--gc-sections'],
    },
  ],
}
