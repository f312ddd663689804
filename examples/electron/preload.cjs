// What the window may ask of the main process.
const { contextBridge, ipcRenderer } = require('electron')

contextBridge.exposeInMainWorld('mapping', {
  facts: () => ipcRenderer.invoke('facts'),
  page: (number) => ipcRenderer.invoke('page', number),
  zeros: (number) => ipcRenderer.invoke('zeros', number),
})
