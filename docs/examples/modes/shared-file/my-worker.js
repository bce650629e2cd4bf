importScripts('https://your-kube.example/hearth/worker.js')
